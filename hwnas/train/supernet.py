"""Trains one path of the supernet at a time, and scores it on the validation images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hwnas.data import DataSet, shuffled_batches
from hwnas.network import Supernet
from hwnas.space import Architecture, random_architecture
from hwnas.train.hardware import training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.loss import checked_cross_entropy, share_right
from hwnas.train.schedule import cosine
from hwnas.train.streams import Purpose, stream


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    """How the supernet is trained.

    A search epoch of DDPNAS is one pass over the training images in the paper; here it is
    ``epoch_images`` of them, since shared slices learn from every path. The first
    ``warmup_epochs`` draw a new path for every batch.
    """

    epoch_images: int = 4096
    warmup_epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 0.1
    final_learning_rate: float = 0.005
    momentum: float = 0.9
    weight_decay: float = 5e-5
    largest_gradient: float = 5.0
    validation_images: int = 1500

    def __post_init__(self) -> None:
        if min(self.epoch_images, self.batch_size, self.validation_images) < 1:
            raise ValueError(f"a search epoch needs images, got {self}")
        if self.warmup_epochs < 0:
            raise ValueError(f"warmup_epochs must not be negative, got {self.warmup_epochs}")


class SupernetTrainer:
    """The supernet, its optimizer and its data; every epoch's randomness comes from its number,
    so that a resumed run trains as an uninterrupted one.
    """  # noqa: D205

    def __init__(
        self, supernet: Supernet, data: DataSet, settings: SupernetSettings, *, seed: int
    ) -> None:
        hardware = training_hardware()
        self.supernet = supernet.to(hardware)
        self.settings = settings
        self._seed = seed
        self._train = TrainingImages(data.train, data, hardware)
        self._validation = TrainingImages(data.validation, data, hardware)
        order = stream(seed, Purpose.VALIDATION).permutation(len(self._validation))
        self._scored = order[: settings.validation_images]
        self._optimizer = torch.optim.SGD(
            supernet.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            nesterov=True,
            weight_decay=settings.weight_decay,
        )

    def warm_up(self, epoch: int, n_epochs: int) -> None:
        """One epoch in which every batch trains another random path."""
        rng = stream(self._seed, Purpose.PATHS, epoch)
        self._train_epoch(epoch, n_epochs, lambda: random_architecture(self.supernet.space, rng))

    def train(self, architecture: Architecture, epoch: int, n_epochs: int) -> None:
        """One epoch of this path alone."""
        self._train_epoch(epoch, n_epochs, lambda: architecture)

    def accuracy(self, architecture: Architecture) -> float:
        """Share of validation images classified right, with the statistics of each batch.

        The same ``validation_images`` every time, drawn at random: a split may lie sorted by
        class, and the statistics of one class are not those of all.
        """
        return share_right(
            lambda images: self.supernet(images, architecture), self._validation, self._scored
        )

    def state(self) -> dict[str, Any]:
        """All that training changes."""
        return {
            "supernet": self.supernet.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from ``state()``."""
        self.supernet.load_state_dict(state["supernet"])
        self._optimizer.load_state_dict(state["optimizer"])

    def _train_epoch(
        self, epoch: int, n_epochs: int, path_for_batch: Callable[[], Architecture]
    ) -> None:
        settings = self.settings
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(
                settings.learning_rate, settings.final_learning_rate, epoch / n_epochs
            )
        rng = stream(self._seed, Purpose.SUPERNET_BATCHES, epoch)
        for indices in self._batches(rng):
            images, labels = self._train.augmented(indices, rng)
            logits = self.supernet(images, path_for_batch())
            loss = checked_cross_entropy(logits, labels, epoch=epoch)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), settings.largest_gradient)
            self._optimizer.step()

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray[Any, Any]]:
        n = len(self._train)
        size = min(self.settings.batch_size, n)
        left = max(1, min(self.settings.epoch_images, n) // size)
        for indices in shuffled_batches(n, size, rng):
            if left == 0:
                return
            left -= 1
            yield indices
