"""The copy of a network that a proxy may use up, and the weights that count."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from hwnas.train.images import Batch

NORMS = (_BatchNorm,)
"""Every dimension of BatchNorm."""

RELU_LIKE = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.CELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
)
"""Activations that let positive values pass and hold negative ones back."""


def training_copy(network: nn.Module, device: torch.device) -> nn.Module:
    """The same network on ``device``: BatchNorm takes the batch's statistics, dropout is off.

    Activations write to memory of their own, as what they read may be kept, or be the images.
    """
    own = copy.deepcopy(network).to(device).train()
    for module in own.modules():
        if isinstance(module, _DropoutNd):
            module.eval()
        if getattr(module, "inplace", False):
            setattr(module, "inplace", False)  # noqa: B010
    for parameter in own.parameters():
        parameter.requires_grad_(True)
        parameter.grad = None
    return own


def weights_of(network: nn.Module) -> list[Tensor]:
    """The weights of convolutions and matrix products: what the pruning literature prunes."""
    return [
        module.weight for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))
    ]


def cross_entropy(network: nn.Module, batch: Batch) -> Float[Tensor, ""]:
    """The mean loss of one batch."""
    images, labels = batch
    return functional.cross_entropy(network(images), labels)
