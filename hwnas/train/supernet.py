"""Trains the supernet by a rule, and scores its networks on the validation images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from hwnas.data import DataSet, shuffled_batches
from hwnas.network import Supernet
from hwnas.record import unknown_name
from hwnas.space import DISTANCES, Architecture
from hwnas.train.hardware import training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.loss import Logits, share_right
from hwnas.train.rank_weight import RANK_WEIGHTS
from hwnas.train.recalibrate import Images, Recalibrated
from hwnas.train.rules import DEFAULT_RULE, OPTIONS_OF, RULES, OnePath, Rule, RuleParts, Step
from hwnas.train.schedule import cosine
from hwnas.train.streams import Purpose, stream
from hwnas.train.teacher import Teacher, no_teacher

MOST_PASSES = 105
"""What DDPNAS takes in the default space."""


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    """How the supernet is trained.

    A search epoch of DDPNAS is one pass over the training images in the paper; here it is
    ``epoch_images`` of them, since shared slices learn from every path. By the rule ``path`` the
    first ``warmup_epochs`` draw a new path for every batch, and then the strategy is asked for
    one an epoch. Any other of ``RULES`` trains the whole supernet for ``epochs`` before the
    strategy is asked for the first; 0 lets it see each image as often as ``path`` would, at most
    ``MOST_PASSES`` times after the warm-up: asking more often takes no more training.

    ``teacher`` (a name of ``hwnas.accuracy.teacher``), ``rank_weight`` and ``distance`` are those
    of the rule ``rd``; ``paths_per_batch``, among how many networks a mini-batch is divided, is
    that of ``spos``.

    Raises:
        UnknownNameError: No such rule, rank weight or distance.
        ValueError: No image, no network, or a negative number of epochs.
    """

    rule: str = DEFAULT_RULE
    epochs: int = 0
    teacher: str = "macs"
    rank_weight: str = "warmup"
    distance: str = "group"
    paths_per_batch: int = 1
    epoch_images: int = 4096
    warmup_epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 0.1
    final_learning_rate: float = 0.005
    momentum: float = 0.9
    weight_decay: float = 5e-5
    largest_gradient: float = 5.0
    validation_images: int = 1500
    calibration_images: int = 1024

    def __post_init__(self) -> None:
        known = {"supernet": RULES, "rank weight": RANK_WEIGHTS, "distance": DISTANCES}
        names = (self.rule, self.rank_weight, self.distance)
        for (what, catalog), name in zip(known.items(), names, strict=True):
            if name not in catalog:
                raise unknown_name(what, name, catalog)
        images = (self.epoch_images, self.validation_images, self.calibration_images)
        if min(self.batch_size, self.paths_per_batch, *images) < 1:
            raise ValueError(f"a search epoch needs images and networks, got {self}")
        if self.warmup_epochs < 0 or self.epochs < 0:
            raise ValueError(f"warmup_epochs and epochs must not be negative, got {self}")

    @property
    def trains_whole(self) -> bool:
        """Whether the supernet is trained before the strategy asks, and not by what it asks."""
        return self.rule != DEFAULT_RULE

    @property
    def has_teacher(self) -> bool:
        """Whether the rule asks the teacher that is named here."""
        return "teacher" in OPTIONS_OF.get(self.rule, ())


class SupernetTrainer:
    """The supernet, its optimizer and its data; every epoch's randomness comes from its number,
    so that a resumed run trains as an uninterrupted one.
    """  # noqa: D205

    def __init__(
        self,
        supernet: Supernet,
        data: DataSet,
        settings: SupernetSettings,
        *,
        seed: int,
        teacher: Teacher = no_teacher,
    ) -> None:
        """``teacher`` is the one that the settings name, which only ``rd`` asks."""
        hardware = training_hardware()
        self.supernet = supernet.to(hardware)
        self.settings = settings
        self._seed = seed
        self._train = TrainingImages(data.train, data, hardware)
        self._validation = TrainingImages(data.validation, data, hardware)
        order = stream(seed, Purpose.VALIDATION).permutation(len(self._validation))
        self._scored = order[: settings.validation_images]
        order = stream(seed, Purpose.CALIBRATION).permutation(len(self._train))
        self._calibrating = order[: settings.calibration_images]
        parts = RuleParts(
            space=supernet.space,
            teacher=teacher,
            rank_weight=settings.rank_weight,
            distance=settings.distance,
            paths_per_batch=settings.paths_per_batch,
        )
        self._rule = RULES[settings.rule](parts)
        self._optimizer = torch.optim.SGD(
            supernet.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            nesterov=True,
            weight_decay=settings.weight_decay,
        )

    @property
    def n_paths(self) -> int:
        """How many networks the rule shows each image."""
        return self._rule.n_paths

    def n_first_epochs(self, n_asks: int) -> int:
        """Epochs by the rule, before a strategy that asks ``n_asks`` times is asked at all."""
        settings = self.settings
        if not settings.trains_whole:
            return settings.warmup_epochs
        n_passes = settings.warmup_epochs + min(n_asks, MOST_PASSES)
        return settings.epochs or max(1, round(n_passes / self.n_paths))

    def train_by_rule(self, epoch: int, n_epochs: int) -> int:
        """One epoch by the rule; by that of ``path``, every batch trains another random path.

        Returns how many images networks saw: each counts once for every network that it trained.
        """
        return self._train_epoch(epoch, n_epochs, self._rule)

    def train_path(self, architecture: Architecture, epoch: int, n_epochs: int) -> int:
        """One epoch of this path alone; returns what ``train_by_rule`` does."""
        return self._train_epoch(epoch, n_epochs, OnePath(architecture))

    def accuracy(self, architecture: Architecture) -> float:
        """Share of validation images classified right.

        The same ``validation_images`` every time, drawn at random: a split may lie sorted by
        class, and the statistics of one class are not those of all. By the rule ``path`` the
        network takes the statistics of each batch, since its own epoch was trained with those;
        by any other those of ``calibration_images`` training images.
        """
        if self.settings.trains_whole:
            return self.share_right(self.recalibrated(architecture))
        return self.share_right(lambda images: self.supernet(images, architecture))

    def share_right(self, answer: Callable[[Images], Logits]) -> float:
        """Of the validation images that networks are scored by."""
        return share_right(answer, self._validation, self._scored)

    def recalibrated(self, architecture: Architecture) -> Recalibrated:
        """The network with its own statistics of ``calibration_images`` training images."""
        n_batches = max(1, round(len(self._calibrating) / self.settings.batch_size))
        parts = np.array_split(self._calibrating, n_batches)
        return Recalibrated(
            self.supernet, architecture, (self._train.batch(part)[0] for part in parts)
        )

    def calibration_images(self, n: int) -> Images:
        """At most ``n`` of the training images that statistics are taken from."""
        return self._train.batch(self._calibrating[:n])[0]

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

    def _train_epoch(self, epoch: int, n_epochs: int, rule: Rule) -> int:
        settings, n_seen = self.settings, 0
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(
                settings.learning_rate, settings.final_learning_rate, epoch / n_epochs
            )
        rng = stream(self._seed, Purpose.SUPERNET_BATCHES, epoch)
        paths_rng = stream(self._seed, Purpose.PATHS, epoch)
        for indices in self._batches(rng):
            images, labels = self._train.augmented(indices, rng)
            step = Step(
                supernet=self.supernet,
                images=images,
                labels=labels,
                epoch=epoch,
                n_epochs=n_epochs,
                rng=paths_rng,
            )
            self._optimizer.zero_grad()
            rule.backward(step)
            torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), settings.largest_gradient)
            self._optimizer.step()
            n_seen += len(indices) * rule.n_paths
        return n_seen

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray[Any, Any]]:
        n = len(self._train)
        size = min(self.settings.batch_size, n)
        n_batches = max(1, min(self.settings.epoch_images, n) // size)
        return islice(shuffled_batches(n, size, rng), n_batches)
