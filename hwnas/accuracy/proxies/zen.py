"""Zen-score (Lin et al. 2021): how much a Gaussian network amplifies a small change."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.accuracy.proxies.working_copy import NORMS, training_copy
from hwnas.network.mbconv_modules import MBConvBlock
from hwnas.train.images import Batch

CHANGE = 0.01
"""Share of the second noise image that is added to the first."""

POOLINGS = (nn.AdaptiveAvgPool2d, nn.AvgPool2d)


@torch.no_grad()
def zen_score(
    network: nn.Module,
    batch: Batch,
    generator: torch.Generator,
    *,
    n_images: int = 16,
    n_repeats: int = 4,
) -> float:
    """``log E Σ|f(x + 0.01 x') - f(x)| + Σ_norms log s``, x and x' noise; needs no data.

    f ends before the global pooling. Weights are N(0, 1); BatchNorm divides each layer by what
    it grows, and s, the root of its batch variance averaged over channels, puts that back. The
    mean of ``n_repeats`` draws of weights and of ``n_images`` each.

    The original takes residual links away, since they belong to training and not to what the
    network can express: MBConv blocks lose theirs here. Links between the nodes of a cell are
    the architecture itself and stay.
    """
    images = batch[0]
    own = training_copy(network, images.device)
    for module in own.modules():
        if isinstance(module, MBConvBlock):
            module.has_residual = False
    shape = (n_images, *images.shape[1:])
    watched = _Watched(own)
    scores = [_one_draw(own, watched, shape, generator) for _ in range(n_repeats)]
    return sum(scores) / n_repeats


def _one_draw(
    own: nn.Module, watched: "_Watched", shape: tuple[int, ...], generator: torch.Generator
) -> float:
    _draw_weights(own, generator)
    device = next(own.parameters()).device
    noise, change = (torch.randn(shape, generator=generator).to(device) for _ in range(2))
    maps, log_scale = watched.last_maps(noise)
    changed, _ = watched.last_maps(noise + CHANGE * change)
    return (changed - maps).abs().flatten(1).sum(1).mean().log().item() + log_scale


def _draw_weights(own: nn.Module, generator: torch.Generator) -> None:
    for module in own.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.copy_(torch.randn(module.weight.shape, generator=generator))
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, NORMS) and module.weight is not None:
            module.weight.fill_(1.0)
            module.bias.zero_()


class _Watched:
    """A network that tells the last feature maps before its global pooling.

    That is the last four-dimensional tensor that any module gives, poolings left out: what a
    pooling reads counts instead.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._maps: Tensor | None = None
        self._log_scale = 0.0
        for module in network.modules():
            if isinstance(module, POOLINGS):
                module.register_forward_pre_hook(lambda _, inputs: self._keep(inputs[0]))
            else:
                module.register_forward_hook(lambda _, inputs, output: self._keep(output))
            if isinstance(module, NORMS):
                module.register_forward_pre_hook(lambda _, inputs: self._scale(inputs[0]))

    def last_maps(self, images: Tensor) -> tuple[Float[Tensor, "batch c h w"], float]:
        """The maps, and the sum of ``log s`` over all norms."""
        self._maps, self._log_scale = None, 0.0
        self._network(images)
        if self._maps is None:
            raise ValueError("the network has no feature maps; Zen-score needs convolutions")
        return self._maps, self._log_scale

    def _keep(self, output: Any) -> None:  # noqa: ANN401
        if isinstance(output, Tensor) and output.ndim == 4:
            self._maps = output

    def _scale(self, maps: Tensor) -> None:
        variance = maps.transpose(0, 1).flatten(1).var(1).mean().item()
        if variance > 0:  # a norm over constant maps, behind a cut edge, takes no scale away
            self._log_scale += 0.5 * math.log(variance)
