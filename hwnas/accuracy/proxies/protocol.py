"""What a zero-cost proxy must be able to say."""

from typing import Protocol

import torch
from torch import nn

from hwnas.train.images import Batch


class Proxy(Protocol):
    """Scores an untrained network from one batch, without training it: higher is expected better.

    Scores of one proxy are comparable within a space and with nothing else. They may be
    infinite or no number; ``score_network`` turns that into a defined worst score.
    """

    def __call__(self, network: nn.Module, batch: Batch, generator: torch.Generator) -> float:
        """Score ``network`` on the device of the images, and leave it as it was.

        Args:
            network: Images to logits, its activations and norms as modules.
            batch: At least two images, ``(batch, channels, height, width)``, and their labels;
                a proxy that needs no data takes their shape.
            generator: Of the CPU, so that every device sees the same random numbers.
        """
        ...
