"""Proxies from the gradient of the loss on one batch."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwnas.accuracy.proxies.working_copy import cross_entropy, training_copy, weights_of
from hwnas.train.images import Batch

WeightsAndGradients = list[tuple[Tensor, Tensor]]


def gradient_norm(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """The Euclidean norm of each layer's weight gradient, summed (Abdelfattah et al. 2021)."""
    pairs = _weights_and_gradients(network, batch)
    return sum(float(gradient.norm()) for _, gradient in pairs)


def snip(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Sum over weights of ``|w ∂L/∂w|`` (Lee et al. 2019, as Abdelfattah et al. 2021)."""
    pairs = _weights_and_gradients(network, batch)
    return sum((weight * gradient).abs().sum().item() for weight, gradient in pairs)


def grasp(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Sum over weights of ``-w (Hg)``, g the gradient, H the Hessian (GraSP, Wang et al. 2020).

    The sign is that of Abdelfattah et al. (2021). Where BatchNorm follows every weight, the loss
    does not change with their common scale, and by Euler's theorem the sum is ``+|g|²``. The
    classifier, which no norm follows, adds a term of either sign that drowns this in networks
    with a wide head (``benchmarks/ranking``).
    """
    pairs = _weights_and_gradients(network, batch, differentiable=True)
    weights = [weight for weight, _ in pairs]
    squared_norm = torch.stack([(g * g.detach()).sum() for _, g in pairs]).sum()
    products = torch.autograd.grad(squared_norm, weights, materialize_grads=True)
    return -sum((w * product).sum().item() for w, product in zip(weights, products, strict=True))


def _weights_and_gradients(
    network: nn.Module, batch: Batch, *, differentiable: bool = False
) -> WeightsAndGradients:
    """Each layer's weight and the loss's gradient, zero where the layer leads nowhere."""
    own = training_copy(network, batch[0].device)
    for module in own.modules():
        if differentiable and isinstance(module, nn.Hardsigmoid):
            module.register_forward_hook(_twice_differentiable)
    weights = weights_of(own)
    gradients = torch.autograd.grad(
        cross_entropy(own, batch), weights, create_graph=differentiable, materialize_grads=True
    )
    return list(zip(weights, gradients, strict=True))


def _twice_differentiable(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """The same values; torch knows no second derivative of its hard sigmoid."""
    return functional.relu6(inputs[0] + 3) / 6
