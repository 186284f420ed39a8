"""ShuffleNetV2's unit in torch."""

import torch
from torch import Tensor, nn

from hwnas.block import ShuffleSpec
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.cell_modules import FeatureMap


class ShuffleBlock(nn.Module):
    """The unit of :class:`hwnas.block.ShuffleSpec`."""

    def __init__(self, spec: ShuffleSpec) -> None:
        super().__init__()
        half = spec.half_channels
        self.splits = not spec.has_projection
        self.half_channels, self.size = half, spec.output_size
        self.passing = nn.Sequential()
        if spec.has_projection:
            self.passing = nn.Sequential(
                *_depthwise(spec.in_channels, spec.kernel_size, spec.stride),
                *_pointwise(spec.in_channels, half),
            )
        self.working = nn.Sequential(
            *_pointwise(spec.branch_channels, half),
            ACTIVATION_MODULES[spec.activation](),
            *_depthwise(half, spec.kernel_size, spec.stride),
            *_pointwise(half, half),
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says; channels of both halves alternate."""
        if self.splits:
            first, second = torch.split(features, self.half_channels, dim=1)
        else:
            first = second = features
        halves: list[Tensor] = [self.passing(first), self.working(second)]
        alternating = torch.stack(halves, dim=2)
        return alternating.reshape(-1, 2 * self.half_channels, self.size, self.size)


def _depthwise(channels: int, kernel_size: int, stride: int) -> list[nn.Module]:
    padding = kernel_size // 2
    conv = nn.Conv2d(
        channels, channels, kernel_size, stride, padding=padding, groups=channels, bias=False
    )
    return [conv, nn.BatchNorm2d(channels)]


def _pointwise(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
