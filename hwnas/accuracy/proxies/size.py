"""How large a network is: the proxies that others have to beat."""

from typing import Any

import torch
from torch import Tensor, nn

from hwnas.accuracy.proxies.working_copy import training_copy
from hwnas.train.images import Batch


def parameters(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Trained parameters, BatchNorm included; needs no data."""
    return float(sum(parameter.numel() for parameter in network.parameters()))


@torch.no_grad()
def macs(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """Multiply-accumulates of convolutions and linear layers for one image; needs no data.

    Counts modules each time they are called; a product written without a module is not seen.
    """
    images = batch[0][:1]
    own = training_copy(network, images.device).eval()
    counted: list[int] = []

    def count(module: nn.Module, inputs: Any, output: Tensor) -> None:  # noqa: ANN401
        weight = module.get_parameter("weight")
        n_outputs_a_channel = output.numel() // weight.shape[0]
        counted.append(weight.numel() * n_outputs_a_channel)

    for module in own.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    own(images)
    return float(sum(counted))
