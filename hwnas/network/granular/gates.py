"""Filters with a gate each, and convolutions whose weights are kept one by one."""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.heaviside import kept_units

Granularity = Literal["op", "filter", "weight"]
GRANULARITIES: tuple[Granularity, ...] = ("op", "filter", "weight")
Threshold = Float[Tensor, ""] | None
"""``None`` where the granularity is not searched."""


class FilterGates(nn.Module):
    """A gate a channel after a BatchNorm, so that a channel that is pruned gives nothing.

    ``alive`` are those that were not pruned for good.
    """

    alive: Bool[Tensor, " channels"]

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(n_channels))
        self.register_buffer("alive", torch.ones(n_channels, dtype=torch.bool))

    def forward(self, features: FeatureMap, threshold: Tensor) -> FeatureMap:
        """Each channel by its gate, 0 where that is closed."""
        gates = self.openness() * kept_units(self.margins(threshold), self.alive)
        return features * gates[:, None, None]

    def openness(self) -> Float[Tensor, " channels"]:
        """Of each gate, from 0 to 1."""
        return torch.sigmoid(self.logits)

    def margins(self, threshold: Tensor) -> Float[Tensor, " channels"]:
        """How far each is above the threshold."""
        return self.openness() - threshold


class MaskedConv(nn.Conv2d):
    """A convolution without bias whose weights count only while above a threshold.

    Of magnitudes of this convolution: the weights of wide ones are small, and one threshold for
    those of an operation would else empty them first. ``alive`` are those that were not pruned
    for good.
    """

    alive: Bool[Tensor, "out inside height width"]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        dilation: int = 1,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            groups=groups,
            bias=False,
        )
        self.register_buffer("alive", torch.ones_like(self.weight, dtype=torch.bool))

    def masked(self, features: FeatureMap, threshold: Threshold) -> FeatureMap:
        """The convolution with the weights that are kept; with all without a threshold."""
        weight = self.weight
        if threshold is not None:
            weight = weight * kept_units(self.margins(threshold), self.alive)
        return functional.conv2d(
            features, weight, None, self.stride, self.padding, self.dilation, self.groups
        )

    def kept_weight(self) -> Float[Tensor, "out inside height width"]:
        """Without those that were pruned for good."""
        return self.weight * self.alive

    def margins(self, threshold: Tensor) -> Float[Tensor, "out inside height width"]:
        """How far each weight is above the threshold, in magnitudes."""
        return self.weight.abs() / self.magnitude() - threshold

    def magnitude(self) -> Float[Tensor, ""]:
        """Of a weight that is alive, on average; above 0, and without a gradient."""
        alive = self.weight.detach().abs()[self.alive]
        least = torch.finfo(self.weight.dtype).tiny
        return alive.mean().clamp_min(least) if len(alive) else self.weight.new_ones(())
