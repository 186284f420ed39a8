"""Torch modules of the blocks that only cells have: joins, pooling, separable convolutions."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import (
    AddSpec,
    ConcatSpec,
    DilConvSpec,
    FactorizedReduceSpec,
    PoolSpec,
    ReluSpec,
    ScaleSpec,
    SepConvSpec,
    ThinReduceSpec,
    ThinSepConvSpec,
    UnevenConcatSpec,
    ZeroSpec,
)

FeatureMap = Float[Tensor, "batch channels height width"]


class PoolBlock(nn.Module):
    """The pooling of :class:`hwnas.block.PoolSpec`."""

    def __init__(self, spec: PoolSpec) -> None:
        super().__init__()
        window = (spec.kernel_size, spec.stride, spec.kernel_size // 2)
        self.pool = (
            nn.AvgPool2d(*window, count_include_pad=False)
            if spec.operation == "avg"
            else nn.MaxPool2d(*window)
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.pool(features))


class AddBlock(nn.Module):
    """The sum of :class:`hwnas.block.AddSpec`."""

    def __init__(self, spec: AddSpec) -> None:
        super().__init__()

    def forward(self, *features: FeatureMap) -> FeatureMap:
        """One map of the same shape."""
        total = features[0]
        for addend in features[1:]:
            total = total + addend
        return total


class ReluBlock(nn.Module):
    """The activation of :class:`hwnas.block.ReluSpec`."""

    def __init__(self, spec: ReluSpec) -> None:
        super().__init__()
        self.activation = nn.ReLU()

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.activation(features))


class ConcatBlock(nn.Module):
    """The concatenation of :class:`hwnas.block.ConcatSpec`, uneven if the spec is."""

    def __init__(self, spec: ConcatSpec | UnevenConcatSpec) -> None:
        super().__init__()

    def forward(self, *features: FeatureMap) -> FeatureMap:
        """The channels of all."""
        return torch.cat(features, dim=1)


class ScaleBlock(nn.Module):
    """The product of :class:`hwnas.block.ScaleSpec`."""

    def __init__(self, spec: ScaleSpec) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(()))

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return features * self.factor


class ZeroBlock(nn.Module):
    """The zeros of :class:`hwnas.block.ZeroSpec`."""

    def __init__(self, spec: ZeroSpec) -> None:
        super().__init__()
        self.thin = nn.MaxPool2d(1, spec.stride) if spec.stride > 1 else nn.Identity()

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.thin(features) * 0.0)


class DilConvBlock(nn.Module):
    """The convolutions of :class:`hwnas.block.DilConvSpec`."""

    def __init__(self, spec: DilConvSpec) -> None:
        super().__init__()
        channels = spec.in_channels, spec.out_channels
        self.layers = _depthwise_separable(channels, spec.kernel_size, spec.stride, spec.dilation)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.layers(features))


class SepConvBlock(nn.Module):
    """The convolutions of :class:`hwnas.block.SepConvSpec`, thin if the spec is."""

    def __init__(self, spec: SepConvSpec | ThinSepConvSpec) -> None:
        super().__init__()
        hidden = spec.hidden_channels
        first, second = (spec.in_channels, hidden), (hidden, spec.out_channels)
        self.first = _depthwise_separable(first, spec.kernel_size, spec.stride)
        self.second = _depthwise_separable(second, spec.kernel_size)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        return cast(Tensor, self.second(self.first(features)))


def _depthwise_separable(
    channels: tuple[int, int], kernel_size: int, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    in_channels, out_channels = channels
    depthwise = nn.Conv2d(
        in_channels,
        in_channels,
        kernel_size,
        stride,
        padding=dilation * (kernel_size // 2),
        dilation=dilation,
        groups=in_channels,
        bias=False,
    )
    pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
    return nn.Sequential(nn.ReLU(), depthwise, pointwise, nn.BatchNorm2d(out_channels))


class FactorizedReduceBlock(nn.Module):
    """The halves of :class:`hwnas.block.FactorizedReduceSpec`, of any widths if the spec is thin.

    Each half has a BatchNorm of its own, which computes what one over both would and becomes a
    part of its convolution in the exported file.
    """

    def __init__(self, spec: FactorizedReduceSpec | ThinReduceSpec) -> None:
        super().__init__()
        self.is_ragged = spec.is_ragged
        self.activation = nn.ReLU()
        self.even, self.odd = (
            nn.Sequential(
                nn.Conv2d(spec.in_channels, width, 1, spec.stride, padding=padding, bias=False),
                nn.BatchNorm2d(width),
            )
            for width, padding in (
                (spec.even_channels, 0),
                (spec.odd_channels, int(spec.is_ragged)),
            )
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says; beyond the last pixel of an odd size lie zeros."""
        active = self.activation(features)
        if self.is_ragged:  # padded on both sides, so that the first row and column are surplus
            return torch.cat((self.even(active), self.odd(active)[:, :, 1:, 1:]), dim=1)
        return torch.cat((self.even(active), self.odd(active[:, :, 1:, 1:])), dim=1)
