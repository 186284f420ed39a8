"""A supernet trained whole by a rule, a checkpoint an epoch, and what its rule is told by."""

from typing import Any

import torch

from hwnas.data import DataSet
from hwnas.network import Supernet
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.record import unknown_name
from hwnas.space import Space
from hwnas.train import (
    TEACHERS,
    SupernetSettings,
    SupernetTrainer,
    load_checkpoint,
    no_teacher,
    save_checkpoint,
    teacher_named,
)

CHECKPOINT = "supernet.pt"


def supernet_trainer(
    space: Space, data: DataSet, settings: SupernetSettings, seed: int
) -> SupernetTrainer:
    """A supernet with fresh weights, and who ranks its networks if the rule asks for that.

    Raises:
        UnknownNameError: No such teacher.
    """
    supernet = Supernet(space, torch.Generator().manual_seed(seed))
    teacher = teacher_named(settings.teacher, space) if settings.has_teacher else no_teacher
    return SupernetTrainer(supernet, data, settings, seed=seed, teacher=teacher)


def check_teacher(name: str) -> None:
    """Refuse a teacher that is not known, before any work starts.

    Raises:
        UnknownNameError: No such teacher.
    """
    if name not in TEACHERS:
        raise unknown_name("teacher", name, TEACHERS)


def train_whole(trainer: SupernetTrainer, n_epochs: int, work: WorkFolder) -> None:
    """Train by the settings' rule, going on from the checkpoint if there is one."""
    for epoch in range(resume(trainer, work)[0], n_epochs):
        trainer.warm_up(epoch, n_epochs)
        save(trainer, work, epoch + 1)
        work.progress("search", epoch + 1, n_epochs, trainer.settings.rule)


def save(trainer: SupernetTrainer, work: WorkFolder, epochs_done: int, strategy: str = "") -> None:
    """Keep all that training changes, and what a strategy knows by then."""
    state = trainer.state() | {"epochs_done": epochs_done, "strategy": strategy}
    save_checkpoint(work.path / CHECKPOINT, state)


def resume(trainer: SupernetTrainer, work: WorkFolder) -> tuple[int, str]:
    """The epochs that are done and what a strategy knew then, once the trainer is there."""
    state: dict[str, Any] | None = load_checkpoint(work.path / CHECKPOINT)
    if state is None:
        return 0, ""
    trainer.load_state(state)
    work.log("resumed", epochs_done=state["epochs_done"])
    return int(state["epochs_done"]), str(state["strategy"])
