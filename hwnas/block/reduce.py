"""What halves a feature map without a window: two halves, a pixel apart (DARTS, NASNet)."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from hwnas.block.spec import check_positive, strided


class _Sizes(Protocol):
    """The numbers that the costs follow from."""

    @property
    def input_size(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def in_channels(self) -> int: ...
    @property
    def out_channels(self) -> int: ...
    @property
    def even_channels(self) -> int: ...
    @property
    def odd_channels(self) -> int: ...
    @property
    def stride(self) -> int: ...
    @property
    def is_ragged(self) -> bool: ...


class _Halves:
    """ReLU, then two strided 1x1 convolutions, the second a pixel on, concatenated; BatchNorm."""

    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1
    stride: ClassVar[int] = 2

    @property
    def output_size(self: _Sizes) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def is_ragged(self: _Sizes) -> bool:
        """Whether a pixel beyond the last is read: the second half is then a pixel too large."""
        return self.input_size % self.stride > 0

    @property
    def n_macs(self: _Sizes) -> int:
        """Multiply-accumulates for one image."""
        even = self.even_channels * self.output_size**2
        odd = self.odd_channels * (self.output_size + self.is_ragged) ** 2
        return self.in_channels * (even + odd)

    @property
    def n_parameters(self: _Sizes) -> int:
        """Weights, and BatchNorm's scale and shift."""
        return self.in_channels * self.out_channels + 2 * self.out_channels


@dataclass(frozen=True, kw_only=True)
class FactorizedReduceSpec(_Halves):
    """Both halves, each of half of the channels."""

    kind: ClassVar[str] = "factorized_reduce"

    input_size: int
    in_channels: int
    out_channels: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))
        if self.out_channels % 2:
            raise ValueError(f"out_channels must be even in {self.kind}, got {self.out_channels}")

    @property
    def even_channels(self) -> int:
        """Of the first half."""
        return self.out_channels // 2

    @property
    def odd_channels(self) -> int:
        """Of the second half, which reads a pixel on."""
        return self.out_channels // 2


@dataclass(frozen=True, kw_only=True)
class ThinReduceSpec(_Halves):
    """As ``FactorizedReduceSpec``, with halves of any widths: what pruning leaves of one."""

    kind: ClassVar[str] = "thin_reduce"

    input_size: int
    in_channels: int
    even_channels: int
    odd_channels: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))

    @property
    def out_channels(self) -> int:
        """Those of both halves."""
        return self.even_channels + self.odd_channels
