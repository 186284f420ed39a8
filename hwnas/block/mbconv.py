"""The inverted residual block of MobileNetV2 (Sandler et al. 2018), with optional SE."""

from dataclasses import dataclass
from typing import ClassVar

from hwnas.block.activation import check_activation
from hwnas.block.inverted import InvertedResidual
from hwnas.block.spec import check_positive
from hwnas.block.width import divisible


@dataclass(frozen=True, kw_only=True)
class MBConvSpec(InvertedResidual):
    """Expand 1×1, depthwise k×k, project 1×1; residual where the shape stays.

    ``expansion`` 1 has no expanding convolution; ``se_ratio`` 0 no squeeze-excitation.
    """

    kind: ClassVar[str] = "mbconv"

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
    def expands(self) -> bool:
        """Whether there is an expanding convolution."""
        return self.expansion > 1


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
