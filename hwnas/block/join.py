"""Blocks of a graph without weights: sums, concatenations, zeros, ReLU and pooling."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.spec import check_positive, strided
from hwnas.block.weightless import Weightless
from hwnas.record import unknown_name

POOLS = ("avg", "max")


@dataclass(frozen=True, kw_only=True)
class AddSpec(Weightless):
    """The sum of several feature maps of one shape: a node of a cell."""

    kind: ClassVar[str] = "add"

    n_inputs: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_inputs < 2:
            raise ValueError(f"a sum needs two inputs, got {self.n_inputs}")


@dataclass(frozen=True, kw_only=True)
class ConcatSpec(Weightless):
    """The channels of several feature maps of one shape behind each other: a cell's output."""

    kind: ClassVar[str] = "concat"

    n_inputs: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_inputs < 2:
            raise ValueError(f"a concatenation needs two inputs, got {self.n_inputs}")

    @property
    def out_channels(self) -> int:
        """Those of all inputs."""
        return self.n_inputs * self.in_channels


@dataclass(frozen=True, kw_only=True)
class UnevenConcatSpec:
    """The channels of feature maps of one size, ``channels`` of each: of nodes that were pruned.

    What it says to read, where one number has to do, is the widest of them.
    """

    kind: ClassVar[str] = "uneven_concat"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_macs: ClassVar[int] = 0
    n_parameters: ClassVar[int] = 0

    input_size: int
    channels: tuple[int, ...]

    def __post_init__(self) -> None:
        check_positive(self.kind, input_size=self.input_size, channels=min(self.channels))
        if len(self.channels) < 2:
            raise ValueError(f"a concatenation needs two inputs, got {self.channels}")

    @property
    def n_inputs(self) -> int:
        """As many as there are widths."""
        return len(self.channels)

    @property
    def in_channels(self) -> int:
        """Of the widest input."""
        return max(self.channels)

    @property
    def out_channels(self) -> int:
        """Those of all inputs."""
        return sum(self.channels)

    @property
    def output_size(self) -> int:
        """As large as the inputs."""
        return self.input_size


@dataclass(frozen=True, kw_only=True)
class ScaleSpec(Weightless):
    """A feature map times one number that is trained: how much a skip or a pooling counts."""

    kind: ClassVar[str] = "scale"
    n_inputs: ClassVar[int] = 1

    @property
    def n_parameters(self) -> int:
        """The number."""
        return 1


@dataclass(frozen=True, kw_only=True)
class ZeroSpec(Weightless):
    """Zeros of its input's shape, or of every ``stride``-th pixel's: a node that reads nothing."""

    kind: ClassVar[str] = "zero"
    n_inputs: ClassVar[int] = 1

    stride: int = 1

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)


@dataclass(frozen=True, kw_only=True)
class ReluSpec(Weightless):
    """ReLU of a node, which all the convolutions that read the node share."""

    kind: ClassVar[str] = "relu"
    n_inputs: ClassVar[int] = 1


@dataclass(frozen=True, kw_only=True)
class PoolSpec(Weightless):
    """Mean or maximum over windows; a mean leaves the border's padding out."""

    kind: ClassVar[str] = "pool"
    n_inputs: ClassVar[int] = 1

    operation: str
    kernel_size: int = 3
    stride: int = 1

    def __post_init__(self) -> None:
        if self.operation not in POOLS:
            raise unknown_name("pooling operation", self.operation, POOLS)
        sizes = {name: size for name, size in vars(self).items() if name != "operation"}
        check_positive(self.kind, **sizes)

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)
