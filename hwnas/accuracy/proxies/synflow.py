"""SynFlow (Tanaka et al. 2020): how much flows through a network of absolute weights."""

from typing import Any

import torch
from torch import Tensor, nn

from hwnas.accuracy.proxies.working_copy import NORMS, RELU_LIKE, training_copy, weights_of
from hwnas.train.images import Batch


def synflow(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Sum over weights of ``w ∂R/∂w``, R the summed logits of an image of ones; needs no data.

    As published the network is linear: weights and biases are absolute values, and BatchNorm,
    which at initialisation passes values through, is left out. Values being positive, a ReLU
    passes them too; so do ReLU6 and hard-swish here, or R would saturate. The gate of a
    squeeze-excitation stays as it is. In float64, since R grows exponentially with depth.
    """
    images = batch[0]
    own = training_copy(network, images.device).double().eval()
    with torch.no_grad():
        for parameter in own.parameters():
            parameter.abs_()
    for module in own.modules():
        if isinstance(module, (*NORMS, *RELU_LIKE)):
            module.register_forward_hook(_pass_through)
    weights = weights_of(own)
    flow = own(torch.ones_like(images[:1], dtype=torch.float64)).sum()
    gradients = torch.autograd.grad(flow, weights, materialize_grads=True)
    return sum((w * gradient).sum().item() for w, gradient in zip(weights, gradients, strict=True))


def _pass_through(module: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> Tensor:  # noqa: ANN401
    return inputs[0]
