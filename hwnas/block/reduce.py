"""What halves a feature map without a window: two halves, a pixel apart (DARTS, NASNet)."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.spec import check_positive, strided


@dataclass(frozen=True, kw_only=True)
class FactorizedReduceSpec:
    """ReLU, then two strided 1x1 convolutions, the second a pixel on, concatenated; BatchNorm.

    Each gives half of the channels.
    """

    kind: ClassVar[str] = "factorized_reduce"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1
    stride: ClassVar[int] = 2

    input_size: int
    in_channels: int
    out_channels: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))
        if self.out_channels % 2:
            raise ValueError(f"out_channels must be even in {self.kind}, got {self.out_channels}")

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def is_ragged(self) -> bool:
        """Whether a pixel beyond the last is read: the second half is then a pixel too large."""
        return self.input_size % self.stride > 0

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        n_pixels = self.output_size**2 + (self.output_size + self.is_ragged) ** 2
        return self.in_channels * (self.out_channels // 2) * n_pixels

    @property
    def n_parameters(self) -> int:
        """Weights, and BatchNorm's scale and shift."""
        return self.in_channels * self.out_channels + 2 * self.out_channels
