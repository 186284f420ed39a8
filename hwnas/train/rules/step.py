"""What a rule is given for each mini-batch, and what it must do with it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor

from hwnas.network import Supernet
from hwnas.space import Architecture
from hwnas.train.loss import Logits, checked_cross_entropy


@dataclass(frozen=True, kw_only=True)
class Step:
    """One mini-batch, the supernet that it trains, and how far the training has come.

    ``rng`` depends on the seed and the epoch alone, so that a resumed run draws the same.
    """

    supernet: Supernet
    images: Float[Tensor, "batch channels height width"]
    labels: Int64[Tensor, " batch"]
    epoch: int
    n_epochs: int
    rng: np.random.Generator

    def logits(self, architecture: Architecture) -> Logits:
        """What one network says of the batch."""
        logits: Tensor = self.supernet(self.images, architecture)
        return logits

    def cross_entropy(self, logits: Logits) -> Float[Tensor, ""]:
        """The mean over the batch, checked to be a number."""
        return checked_cross_entropy(logits, self.labels, epoch=self.epoch)


class Rule(Protocol):
    """Decides which networks a step trains; keeps nothing from one step to the next."""

    @property
    def n_paths(self) -> int:
        """How many networks see each mini-batch: what a step costs."""
        ...

    def backward(self, step: Step) -> None:
        """Add the gradients of one step to those of the supernet's parameters.

        Raises:
            DataError: A loss is no longer a number.
        """
        ...
