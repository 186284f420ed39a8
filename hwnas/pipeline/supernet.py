"""How a search trains its supernet: made with its teacher, clocked, kept epoch by epoch."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from hwnas.accuracy.teacher import teacher_named
from hwnas.data import DataSet
from hwnas.measure import Stopwatch
from hwnas.network import Supernet
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.space import Space
from hwnas.train import (
    SupernetSettings,
    SupernetTrainer,
    Teacher,
    load_checkpoint,
    no_teacher,
    save_checkpoint,
)
from hwnas.train.hardware import training_hardware
from hwnas.train.images import Batch, TrainingImages
from hwnas.train.streams import Purpose, stream

CHECKPOINT = "training.pt"
EPOCH = "epoch"
"""The event of the log."""
PROXY_IMAGES = 32
"""That a proxy looks at, as in the study of all of them (benchmarks/ranking/proxies.md)."""


def supernet_trainer(
    space: Space, data: DataSet, settings: SupernetSettings, seed: int
) -> SupernetTrainer:
    """A supernet with fresh weights, and who ranks its networks if the rule asks for that.

    Raises:
        UnknownNameError: No such teacher.
    """
    supernet = Supernet(space, torch.Generator().manual_seed(seed))
    teacher: Teacher = no_teacher
    if settings.has_teacher:
        teacher = teacher_of(settings.teacher, space, data, seed)
    return SupernetTrainer(supernet, data, settings, seed=seed, teacher=teacher)


def teacher_of(name: str, space: Space, data: DataSet, seed: int) -> Teacher:
    """A teacher by name, which looks at training images if it looks at any.

    Raises:
        UnknownNameError: No such teacher.
    """
    return teacher_named(name, space, partial(proxy_batch, data, seed), seed=seed)


def proxy_batch(data: DataSet, seed: int) -> Batch:
    """The random training images that zero-cost proxies look at."""
    order = stream(seed, Purpose.PROXY_IMAGES).permutation(len(data.train))
    few = data.train.take(order[:PROXY_IMAGES])
    return TrainingImages(few, data, training_hardware()).batch(np.arange(len(few)))


def train_whole(trainer: SupernetTrainer, n_epochs: int, work: WorkFolder) -> None:
    """Train by the settings' rule, going on from the checkpoint if there is one."""
    for epoch in range(resume_training(trainer, work)[0], n_epochs):
        speed = clocked(partial(trainer.train_by_rule, epoch, n_epochs), work)
        save_training(trainer, work, epoch + 1)
        work.progress("train", epoch + 1, n_epochs, f"{trainer.settings.rule}, {speed}")


def clocked(train_epoch: Callable[[], int], work: WorkFolder) -> str:
    """Train an epoch that tells how many images networks saw, log how fast, and say so."""
    watch = Stopwatch()
    with watch.running():
        n_images = train_epoch()
    work.log(EPOCH, images=n_images, seconds=watch.seconds)
    return f"{n_images / watch.seconds:,.0f} images/s"


def images_per_second(work: WorkFolder) -> float | None:
    """Over all epochs and sittings, an image once for each network; ``None`` without epochs."""
    epochs = list(work.logged(EPOCH))
    seconds = sum(epoch["seconds"] for epoch in epochs)
    return sum(epoch["images"] for epoch in epochs) / seconds if seconds else None


def save_training(
    trainer: SupernetTrainer, work: WorkFolder, epochs_done: int, strategy: str = ""
) -> None:
    """Keep all that training changes, and what a strategy knows by then."""
    state = trainer.state() | {"epochs_done": epochs_done, "strategy": strategy}
    save_checkpoint(work.path / CHECKPOINT, state)


def resume_training(trainer: SupernetTrainer, work: WorkFolder) -> tuple[int, str]:
    """The epochs that are done and what a strategy knew then, once the trainer is there."""
    state: dict[str, Any] | None = load_checkpoint(work.path / CHECKPOINT)
    if state is None:
        return 0, ""
    trainer.load_state(state)
    work.log("resumed", epochs_done=state["epochs_done"])
    return int(state["epochs_done"]), str(state["strategy"])
