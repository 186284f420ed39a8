"""Two 3x3 convolutions beside a shortcut (He et al. 2016)."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.spec import check_positive, strided


@dataclass(frozen=True, kw_only=True)
class PreactResidualSpec:
    """ReLU-Conv-BN twice, the first strided, plus a mean over 2x2 with a 1x1 convolution.

    What halves the feature map between the stages of NAS-Bench-201 (Dong and Yang 2020).
    """

    kind: ClassVar[str] = "preact_residual"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1
    stride: ClassVar[int] = 2

    input_size: int
    in_channels: int
    out_channels: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self._n_weights * self.output_size**2

    @property
    def n_parameters(self) -> int:
        """Weights, and the two BatchNorms' scales and shifts."""
        return self._n_weights + 4 * self.out_channels

    @property
    def _n_weights(self) -> int:
        shortcut = self.in_channels * self.out_channels
        return 9 * shortcut + 9 * self.out_channels**2 + shortcut


@dataclass(frozen=True, kw_only=True)
class ResidualSpec:
    """Conv-BN-ReLU, Conv-BN, plus the input, ReLU: ResNet's basic block with a width between.

    Where the shape changes the input passes a strided 1x1 convolution with BatchNorm.
    """

    kind: ClassVar[str] = "residual"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    mid_channels: int
    out_channels: int
    stride: int

    def __post_init__(self) -> None:
        check_positive(self.kind, **vars(self))

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def has_projection(self) -> bool:
        """Whether the shortcut is a convolution."""
        return self.stride > 1 or self.in_channels != self.out_channels

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self._n_weights * self.output_size**2

    @property
    def n_parameters(self) -> int:
        """Weights, and each BatchNorm's scale and shift."""
        n_normed = self.mid_channels + self.out_channels * (1 + self.has_projection)
        return self._n_weights + 2 * n_normed

    @property
    def _n_weights(self) -> int:
        shortcut = self.in_channels * self.out_channels if self.has_projection else 0
        return 9 * self.mid_channels * (self.in_channels + self.out_channels) + shortcut


@dataclass(frozen=True, kw_only=True)
class LinearResidualSpec(ResidualSpec):
    """Without the last ReLU, so that it can give what an inverted residual gives."""

    kind: ClassVar[str] = "linear_residual"
