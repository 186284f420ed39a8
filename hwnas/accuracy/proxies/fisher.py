"""Fisher information of feature maps (Theis et al. 2018, Turner et al. 2020)."""

from typing import Any

import torch
from torch import Tensor, nn

from hwnas.accuracy.proxies.working_copy import cross_entropy, training_copy
from hwnas.train.images import Batch


def fisher(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Sum over channels of ``½ mean_n (Σ_pixels a ∂L/∂a)²``, a what a layer gives for image n.

    Layers are convolutions and the classifier, before BatchNorm, as in Abdelfattah et al. (2021).
    """
    own = training_copy(network, batch[0].device)
    given: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:  # noqa: ANN401
        given.append(output)

    for module in own.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(keep)
    gradients = torch.autograd.grad(cross_entropy(own, batch), given, materialize_grads=True)
    return sum(
        _information(maps.detach(), gradient)
        for maps, gradient in zip(given, gradients, strict=True)
    )


def _information(maps: Tensor, gradient: Tensor) -> float:
    """Both ``(batch, channels)`` or ``(batch, channels, height, width)``."""
    effects = (maps * gradient).flatten(2).sum(2) if maps.ndim > 2 else maps * gradient
    return 0.5 * effects.square().mean(0).sum().item()
