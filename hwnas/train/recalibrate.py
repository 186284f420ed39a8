"""A network out of the supernet with BatchNorm statistics of its own."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.network import Supernet, resized
from hwnas.space import Architecture, blocks_of
from hwnas.train.loss import Logits

Images = Float[Tensor, "batch channels height width"]


class Recalibrated:
    """One network, in eval mode with the statistics that it has on some training images.

    The statistics that paths of a supernet leave behind are those of no network (Guo et al. 2020,
    section 3.4), and those of the batch at hand make an answer depend on the images beside it.
    These are the cumulative average over the batches given. Weights are copied: training goes on
    without changing this network, ``network``, which takes images of ``input_size`` pixels.
    """

    def __init__(
        self, supernet: Supernet, architecture: Architecture, batches: Iterable[Images]
    ) -> None:
        self.network = supernet.subnet(architecture).to(next(supernet.parameters()).device)
        self.input_size = blocks_of(supernet.space, architecture)[0].input_size
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # torch's cumulative average
        self.network.train()
        with torch.no_grad():
            for images in batches:
                self.network(resized(images, self.input_size))
        self.network.eval()

    @torch.no_grad()
    def __call__(self, images: Images) -> Logits:
        """The logits, whatever other images stand in the batch."""
        logits: Tensor = self.network(resized(images, self.input_size))
        return logits
