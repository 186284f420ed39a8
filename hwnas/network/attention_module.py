"""A transformer's block over pixels in torch."""

from typing import cast

import torch
from torch import Tensor, nn

from hwnas.block import AttentionSpec
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.cell_modules import FeatureMap


class AttentionBlock(nn.Module):
    """The block of :class:`hwnas.block.AttentionSpec`."""

    def __init__(self, spec: AttentionSpec) -> None:
        super().__init__()
        channels, hidden = spec.in_channels, spec.in_channels * spec.expansion
        self.n_heads, self.head_width = spec.n_heads, spec.head_width
        self.size = spec.input_size
        self.ask = _pointwise(channels, 3 * channels)
        self.answer = _pointwise(channels, channels)
        self.perceptron = nn.Sequential(
            _pointwise(channels, hidden),
            ACTIVATION_MODULES[spec.activation](),
            _pointwise(hidden, channels),
        )

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the spec says."""
        attended: Tensor = features + self.answer(self._attended(self.ask(features)))
        return attended + cast(Tensor, self.perceptron(attended))

    def _attended(self, asked: Tensor) -> Tensor:
        """Queries, keys and values of every pixel, ``(batch, 3 * channels, size, size)``."""
        heads = asked.reshape(-1, 3 * self.n_heads, self.head_width, self.size**2)
        queries, keys, values = torch.split(heads, self.n_heads, dim=1)
        weights = (queries.transpose(2, 3) * self.head_width**-0.5 @ keys).softmax(dim=3)
        attended: Tensor = values @ weights.transpose(2, 3)
        return attended.reshape(-1, self.n_heads * self.head_width, self.size, self.size)


def _pointwise(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
    )
