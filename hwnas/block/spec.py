"""The smallest unit we time, and therefore the key of every latency table."""

from typing import ClassVar, Protocol


class BlockSpec(Protocol):
    """One block of a network: frozen, hashable, and all that its latency depends on.

    Counts are for one image. Parameters are counted as torch counts them, with BatchNorm's scale
    and shift; multiply-accumulates are those of convolutions and matrix products.
    """

    kind: ClassVar[str]
    reads_image: ClassVar[bool]
    """Whether the block's input is the float image (the stem) and not a feature map."""
    gives_logits: ClassVar[bool]
    """Whether the block's output is the float logits (the head) and not a feature map."""

    @property
    def n_inputs(self) -> int:
        """How many feature maps of one shape it reads; 1 but for the blocks that join several."""
        ...

    @property
    def input_size(self) -> int:
        """Height and width of the input, in pixels."""
        ...

    @property
    def in_channels(self) -> int:
        """Channels of the input."""
        ...

    @property
    def out_channels(self) -> int:
        """Channels (or logits) of the output."""
        ...

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        ...

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        ...

    @property
    def n_parameters(self) -> int:
        """Trained parameters, BatchNorm included."""
        ...


def strided(size: int, stride: int) -> int:
    """Height of the output of a 'same'-padded convolution."""
    return -(-size // stride)


def check_positive(owner: str, **values: float) -> None:
    """Refuse zero and negative sizes where a block is declared."""
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be positive in {owner}, got {value}")
