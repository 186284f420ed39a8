"""The inverted residual block of MobileNetV2 (Sandler et al. 2018), with optional SE."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.spec import check_positive, strided
from hwnas.block.width import divisible


@dataclass(frozen=True, kw_only=True)
class MBConvSpec:
    """Expand 1×1, depthwise k×k, project 1×1; residual where the shape stays.

    ``expansion`` 1 has no expanding convolution; ``se_ratio`` 0 no squeeze-excitation.
    """

    kind: ClassVar[str] = "mbconv"
    reads_image: ClassVar[bool] = False
    gives_logits: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 1

    input_size: int
    in_channels: int
    out_channels: int
    kernel_size: int
    expansion: int
    stride: int
    activation: str
    se_ratio: float = 0.0

    def __post_init__(self) -> None:
        check_positive(
            self.kind,
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            expansion=self.expansion,
            stride=self.stride,
        )
        check_activation(self.activation)
        if not 0 <= self.se_ratio <= 1:
            raise ValueError(f"se_ratio must be between 0 and 1, got {self.se_ratio}")

    @property
    def output_size(self) -> int:
        """Height and width of the output, in pixels."""
        return strided(self.input_size, self.stride)

    @property
    def hidden_channels(self) -> int:
        """Channels of the depthwise convolution."""
        return self.in_channels * self.expansion

    @property
    def se_channels(self) -> int:
        """Channels between the two layers of the squeeze-excitation; 0 without one."""
        return divisible(self.hidden_channels * self.se_ratio) if self.se_ratio else 0

    @property
    def has_residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.in_channels == self.out_channels

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image."""
        hidden = self.hidden_channels
        expand = self._n_expand_weights * self.input_size**2
        filters = self._n_filter_weights * self.output_size**2
        squeeze_excite = 2 * hidden * self.se_channels
        project = hidden * self.out_channels * self.output_size**2
        return expand + filters + squeeze_excite + project

    @property
    def n_parameters(self) -> int:
        """Weights, biases of the squeeze-excitation, and BatchNorm's scale and shift."""
        hidden = self.hidden_channels
        expand = self._n_expand_weights + (2 * hidden if self._n_expand_weights else 0)
        filters = self._n_filter_weights + 2 * hidden
        squeeze_excite = 2 * hidden * self.se_channels
        if self.se_channels:
            squeeze_excite += hidden + self.se_channels
        project = hidden * self.out_channels + 2 * self.out_channels
        return expand + filters + squeeze_excite + project

    @property
    def n_groups(self) -> int:
        """Of the filtering convolution: each hidden channel is filtered alone."""
        return self.hidden_channels

    @property
    def _n_expand_weights(self) -> int:
        return self.in_channels * self.hidden_channels if self.expansion > 1 else 0

    @property
    def _n_filter_weights(self) -> int:
        return self.hidden_channels**2 // self.n_groups * self.kernel_size**2


@dataclass(frozen=True, kw_only=True)
class GroupedMBConvSpec(MBConvSpec):
    """Filtered in groups of ``group_width`` hidden channels, as ResNeXt's (Xie et al. 2017).

    ``group_width`` must divide the hidden channels.
    """

    kind: ClassVar[str] = "grouped_mbconv"

    group_width: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self.kind, group_width=self.group_width)
        if self.hidden_channels % self.group_width:
            raise ValueError(
                f"group_width {self.group_width} does not divide {self.hidden_channels} channels"
            )

    @property
    def n_groups(self) -> int:
        """Of the filtering convolution."""
        return self.hidden_channels // self.group_width


@dataclass(frozen=True, kw_only=True)
class FusedMBConvSpec(MBConvSpec):
    """One k×k convolution expands and filters (EfficientNetV2, Tan and Le 2021)."""

    kind: ClassVar[str] = "fused_mbconv"

    @property
    def n_groups(self) -> int:
        """Every hidden channel reads every input channel."""
        return 1

    @property
    def _n_expand_weights(self) -> int:
        return 0

    @property
    def _n_filter_weights(self) -> int:
        return self.in_channels * self.hidden_channels * self.kernel_size**2
