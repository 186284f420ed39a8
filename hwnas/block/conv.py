"""Convolution, BatchNorm, activation, in this order or with the activation first."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.spec import check_positive, strided


@dataclass(frozen=True, kw_only=True)
class ConvSpec:
    """A dense convolution with BatchNorm, and an activation unless it is ``"none"``."""

    kind: ClassVar[str] = "conv"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    activation: str

    def __post_init__(self) -> None:
        check_positive(
            self.kind,
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
        )
        check_activation(self.activation)

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
        """Weights, and BatchNorm's scale and shift."""
        return self._n_weights + 2 * self.out_channels

    @property
    def _n_weights(self) -> int:
        return self.in_channels * self.out_channels * self.kernel_size**2


@dataclass(frozen=True, kw_only=True)
class StemSpec(ConvSpec):
    """The convolution that reads the image; its input stays float in an int8 network."""

    kind: ClassVar[str] = "stem"
    reads_image: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class PreactConvSpec(ConvSpec):
    """Activation, convolution, BatchNorm: the convolution of a cell (NAS-Bench-201, DARTS)."""

    kind: ClassVar[str] = "preact_conv"
