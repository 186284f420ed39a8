"""Inverted residuals in torch, and the channel attention that they may hold."""

from typing import cast

from torch import Tensor, nn

from hwnas.block import FusedMBConvSpec, MBConvSpec, ThinMBConvSpec
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.cell_modules import FeatureMap


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al. 2018) with the hard sigmoid of MobileNetV3."""

    def __init__(self, channels: int, squeezed_channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, squeezed_channels, 1)
        self.excite = nn.Conv2d(squeezed_channels, channels, 1)
        self.activation = nn.ReLU()
        self.gate = nn.Hardsigmoid()

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Scale each channel by a number between 0 and 1."""
        squeezed = self.activation(self.squeeze(self.pool(features)))
        return cast(Tensor, features * self.gate(self.excite(squeezed)))


class MBConvBlock(nn.Module):
    """The inverted residual of :class:`hwnas.block.MBConvSpec`, grouped or thin if the spec is."""

    def __init__(self, spec: MBConvSpec | ThinMBConvSpec) -> None:
        super().__init__()
        hidden = spec.hidden_channels
        self.has_residual = spec.has_residual
        self.activation = ACTIVATION_MODULES[spec.activation]()
        self.expand = nn.Sequential()
        if spec.expands:
            self.expand = nn.Sequential(
                nn.Conv2d(spec.in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden)
            )
        self.depthwise = nn.Sequential(
            nn.Conv2d(
                hidden,
                hidden,
                spec.kernel_size,
                spec.stride,
                padding=spec.kernel_size // 2,
                groups=spec.n_groups,
                bias=False,
            ),
            nn.BatchNorm2d(hidden),
        )
        self.attention = (
            SqueezeExcite(hidden, spec.se_channels) if spec.se_channels else nn.Identity()
        )
        self.project = nn.Sequential(
            nn.Conv2d(hidden, spec.out_channels, 1, bias=False), nn.BatchNorm2d(spec.out_channels)
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        hidden = self.activation(self.expand(features)) if len(self.expand) else features
        hidden = self.attention(self.activation(self.depthwise(hidden)))
        projected = self.project(hidden)
        return cast(Tensor, features + projected if self.has_residual else projected)


class FusedMBConvBlock(nn.Module):
    """The fused inverted residual of :class:`hwnas.block.FusedMBConvSpec`."""

    def __init__(self, spec: FusedMBConvSpec) -> None:
        super().__init__()
        hidden, kernel_size = spec.hidden_channels, spec.kernel_size
        self.has_residual = spec.has_residual
        self.expand = nn.Sequential(
            nn.Conv2d(
                spec.in_channels,
                hidden,
                kernel_size,
                spec.stride,
                padding=kernel_size // 2,
                bias=False,
            ),
            nn.BatchNorm2d(hidden),
            ACTIVATION_MODULES[spec.activation](),
        )
        self.attention = (
            SqueezeExcite(hidden, spec.se_channels) if spec.se_channels else nn.Identity()
        )
        self.project = nn.Sequential(
            nn.Conv2d(hidden, spec.out_channels, 1, bias=False), nn.BatchNorm2d(spec.out_channels)
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        projected = self.project(self.attention(self.expand(features)))
        return cast(Tensor, features + projected if self.has_residual else projected)
