"""The convolutions of a DARTS cell (Liu et al. 2019): ReLU, depthwise, 1x1, BatchNorm."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from hwnas.block.spec import check_positive, strided


@dataclass(frozen=True, kw_only=True)
class _Depthwise:
    """A depthwise convolution that may stride, and 1x1 convolutions."""

    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int

    def __post_init__(self) -> None:
        check_positive(type(self).__name__, **vars(self))

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def _n_weights(self) -> int:
        return self.in_channels * (self.kernel_size**2 + self.out_channels)


@dataclass(frozen=True, kw_only=True)
class DilConvSpec(_Depthwise):
    """ReLU, depthwise convolution of every second pixel (dilation 2), 1x1, BatchNorm."""

    kind: ClassVar[str] = "dil_conv"
    dilation: ClassVar[int] = 2

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self._n_weights * self.output_size**2

    @property
    def n_parameters(self) -> int:
        """Weights, and BatchNorm's scale and shift."""
        return self._n_weights + 2 * self.out_channels


class _Sizes(Protocol):
    """The numbers that the costs of two in a row follow from."""

    @property
    def in_channels(self) -> int: ...
    @property
    def hidden_channels(self) -> int: ...
    @property
    def out_channels(self) -> int: ...
    @property
    def kernel_size(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def _n_both_weights(self) -> int: ...


class _Twice:
    """ReLU, depthwise, 1x1, BatchNorm twice; the first may stride."""

    @property
    def n_macs(self: _Sizes) -> int:
        """Multiply-accumulates for one image."""
        return self._n_both_weights * self.output_size**2

    @property
    def n_parameters(self: _Sizes) -> int:
        """Weights, and the two BatchNorms' scales and shifts."""
        return self._n_both_weights + 2 * (self.hidden_channels + self.out_channels)

    @property
    def _n_both_weights(self: _Sizes) -> int:
        first = self.in_channels * (self.kernel_size**2 + self.hidden_channels)
        return first + self.hidden_channels * (self.kernel_size**2 + self.out_channels)


@dataclass(frozen=True, kw_only=True)
class SepConvSpec(_Twice, _Depthwise):
    """ReLU, depthwise, 1x1, BatchNorm twice; the first keeps the channels and may stride."""

    kind: ClassVar[str] = "sep_conv"

    @property
    def hidden_channels(self) -> int:
        """Between both, as many as come in."""
        return self.in_channels


@dataclass(frozen=True, kw_only=True)
class ThinSepConvSpec(_Twice, _Depthwise):
    """As ``SepConvSpec``, but for its channels between both: what pruning leaves of one."""

    kind: ClassVar[str] = "thin_sep_conv"

    hidden_channels: int
