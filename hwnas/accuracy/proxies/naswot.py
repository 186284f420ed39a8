"""NASWOT (Mellor et al. 2021): do the activations tell the images of a batch apart?"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.accuracy.proxies.working_copy import RELU_LIKE, training_copy
from hwnas.train.images import Batch


@torch.no_grad()
def naswot(network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
    """``log |K|``, K counting for each two images the units that both switch on or both off.

    A unit is an activation of any ReLU-like module, on where its input is positive (eq. 2 of the
    paper; the same for ReLU6 and hard-swish). Minus infinity if two images are alike to all.
    """
    images, _ = batch
    own = training_copy(network, images.device)
    kernel = torch.zeros(len(images), len(images), dtype=torch.float64, device=images.device)

    def add_agreements(module: nn.Module, inputs: Any) -> None:  # noqa: ANN401
        kernel.add_(_agreements((inputs[0] > 0).flatten(1)))

    for module in own.modules():
        if isinstance(module, RELU_LIKE):
            module.register_forward_pre_hook(add_agreements)
    own(images)
    return float(torch.linalg.slogdet(kernel).logabsdet)


def _agreements(codes: Tensor) -> Float[Tensor, "batch batch"]:
    """How many of ``(batch, units)`` binary units two images agree on."""
    signs = codes.float() * 2 - 1
    n_units = codes.shape[1]
    # agreements less disagreements: whole numbers, exact in float32 up to 2^24 units
    return ((signs @ signs.T).double() + n_units) / 2
