"""What a rule is given for each mini-batch, and what it must do with it."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor

from hwnas.network import Supernet
from hwnas.space import Architecture
from hwnas.train.hardware import half_precision
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
        """What one network says of the batch, in float32 whatever it computes in."""
        with half_precision(self.images.device):
            logits: Tensor = self.supernet(self.images, architecture)
        return logits.float()

    def divided(self, n_parts: int) -> list["Step"]:
        """Its images in parts of nearly one size, and of 2 at the least, as BatchNorm needs."""
        n_fitting = max(1, min(n_parts, len(self.labels) // 2))
        parts = zip(
            self.images.tensor_split(n_fitting), self.labels.tensor_split(n_fitting), strict=True
        )
        return [replace(self, images=images, labels=labels) for images, labels in parts]

    def cross_entropy(self, logits: Logits) -> Float[Tensor, ""]:
        """The mean over the batch, checked to be a number."""
        return checked_cross_entropy(logits, self.labels, epoch=self.epoch)


class Rule(Protocol):
    """Decides which networks a step trains; keeps nothing from one step to the next."""

    @property
    def n_paths(self) -> int:
        """How many networks see each image of a mini-batch: what a step costs."""
        ...

    def backward(self, step: Step) -> None:
        """Add the gradients of one step to those of the supernet's parameters.

        Raises:
            DataError: A loss is no longer a number.
        """
        ...
