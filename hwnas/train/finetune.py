"""Trains one network to the end: cosine schedule, label smoothing, averaged weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from hwnas.data import DataSet, shuffled_batches
from hwnas.train.checkpoint import load_checkpoint, save_checkpoint
from hwnas.train.hardware import compiled, half_precision, training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.loss import checked_cross_entropy, distilled, share_right
from hwnas.train.schedule import warmed_up_cosine
from hwnas.train.streams import Purpose, stream

IMAGES_BY_DEFAULT = 540_000
"""Images seen in all when no number of epochs is given: 10 epochs of Fashion-MNIST."""


@dataclass(frozen=True, kw_only=True)
class FinetuneSettings:
    """How the chosen network is trained; ``epochs`` 0 lets the number of images decide."""

    epochs: int = 0
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    label_smoothing: float = 0.1
    average_decay: float = 0.999
    warmup_share: float = 0.05
    taught_share: float = 0.7
    """Of the loss where there is a teacher, at its ``temperature``."""
    temperature: float = 3.0

    def __post_init__(self) -> None:
        if self.epochs < 0 or self.batch_size < 2:
            raise ValueError(f"epochs must not be negative, nor a batch of one image, got {self}")

    def n_epochs(self, n_images: int) -> int:
        """The given number, or as many as ``IMAGES_BY_DEFAULT`` make, from 4 to 80."""
        return self.epochs or min(80, max(4, round(IMAGES_BY_DEFAULT / n_images)))


OnEpoch = Callable[[int, int, float], None]


class Finetuner:
    """One network with its optimizer and its exponential moving average.

    Weights of a convolution or matrix that are exactly 0 at the start were pruned, and stay 0.
    """

    def __init__(
        self,
        network: nn.Module,
        data: DataSet,
        settings: FinetuneSettings,
        *,
        seed: int,
        teacher: nn.Module | None = None,
    ) -> None:
        """``teacher`` answers the same images with logits; it is not trained."""
        hardware = training_hardware()
        self._network = network.to(hardware).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._hardware = hardware
        self._fused = compiled(self._network, hardware)
        self._average = AveragedModel(
            network, avg_fn=_averaging(settings.average_decay), use_buffers=True
        )
        self._settings = settings
        self._seed = seed
        self._teacher = None if teacher is None else teacher.to(hardware).eval()
        self._train = TrainingImages(data.train, data, hardware)
        self._validation = TrainingImages(data.validation, data, hardware)
        self._batch_size = min(settings.batch_size, len(self._train))
        self._n_epochs = settings.n_epochs(len(self._train))
        self._optimizer = torch.optim.SGD(
            _weights_and_the_rest(network, settings.weight_decay),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            nesterov=True,
        )
        self._masks = _masks(self._network)
        n_steps = self._n_epochs * (len(self._train) // self._batch_size)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: warmed_up_cosine(step / n_steps, settings.warmup_share)
        )

    def run(self, checkpoint: Path, on_epoch: OnEpoch) -> nn.Module:
        """Train all epochs, going on from ``checkpoint`` if it exists.

        Args:
            checkpoint: Written after every epoch.
            on_epoch: Told the epochs done, their number, and the validation accuracy.

        Returns:
            The averaged network, in eval mode on the CPU.

        Raises:
            DataError: The loss is no longer a number.
        """
        first = self._resume(checkpoint)
        for epoch in range(first, self._n_epochs):
            self._train_epoch(epoch)
            save_checkpoint(checkpoint, self._state(epoch + 1))
            on_epoch(epoch + 1, self._n_epochs, self.validation_accuracy())
        return self._average.module.cpu().eval()

    def train(self) -> None:
        """All epochs without a checkpoint, for trainings that are short."""
        for epoch in range(self._n_epochs):
            self._train_epoch(epoch)

    def validation_accuracy(self) -> float:
        """Share of validation images the averaged network classifies right."""
        self._average.eval()
        return share_right(self._average, self._validation, np.arange(len(self._validation)))

    def _train_epoch(self, epoch: int) -> None:
        self._network.train()
        rng = stream(self._seed, Purpose.FINETUNE_BATCHES, epoch)
        for indices in shuffled_batches(len(self._train), self._batch_size, rng):
            images, labels = self._train.augmented(indices, rng)
            with half_precision(self._hardware):
                logits = self._fused(images)
            loss = checked_cross_entropy(
                logits.float(),
                labels,
                epoch=epoch,
                label_smoothing=self._settings.label_smoothing,
            )
            if self._teacher is not None:
                loss = self._distilled(loss, logits.float(), images, self._teacher)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            self._schedule.step()
            for weight, mask in self._masks:
                weight.data *= mask
            self._average.update_parameters(self._network)

    def _distilled(
        self, loss: Tensor, logits: Tensor, images: Tensor, teacher: nn.Module
    ) -> Tensor:
        with torch.no_grad(), half_precision(self._hardware):
            taught: Tensor = teacher(images)
        settings = self._settings
        return distilled(
            loss,
            logits,
            taught.float(),
            share=settings.taught_share,
            temperature=settings.temperature,
        )

    def _state(self, epochs_done: int) -> dict[str, Any]:
        return {
            "epochs_done": epochs_done,
            "network": self._network.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
        }

    def _resume(self, checkpoint: Path) -> int:
        state = load_checkpoint(checkpoint)
        if state is None:
            return 0
        self._network.load_state_dict(state["network"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        return int(state["epochs_done"])


def _masks(network: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Each weight of which a part is 0, and 1 where it is not."""
    weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    masks = [(weight, (weight.detach() != 0).to(weight.dtype)) for weight in weights]
    return [(weight, mask) for weight, mask in masks if not bool(mask.all())]


def _averaging(largest_decay: float) -> Callable[..., torch.Tensor]:
    """Exponential moving average that trusts the first steps less."""

    def average(
        averaged: torch.Tensor, current: torch.Tensor, n_averaged: torch.Tensor | int
    ) -> torch.Tensor:
        n = int(n_averaged)
        decay = min(largest_decay, (1 + n) / (10 + n))
        return averaged + (1 - decay) * (current - averaged)

    return average


def _weights_and_the_rest(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay convolutions and matrices, not BatchNorm and biases."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
