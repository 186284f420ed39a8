"""Trains the supernet along the paths a strategy asks for, a checkpoint an epoch."""

import json

import numpy as np
import torch

from hwnas.network import Supernet
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.search import Strategy, strategy_named
from hwnas.train import SupernetTrainer, load_checkpoint, save_checkpoint


def explore(problem: Problem, work: WorkFolder) -> tuple[SupernetTrainer, Strategy]:
    """Warm the supernet up, then ask, train, score and tell until the strategy is done.

    A network is scored with the weights that its own epoch left, and told to the strategy
    before anything else is trained: credit goes to what was trained.
    """
    request = problem.request
    supernet = Supernet(problem.space, torch.Generator().manual_seed(request.seed))
    trainer = SupernetTrainer(supernet, problem.data, request.supernet, seed=request.seed)
    strategy = strategy_named(
        request.strategy, problem.space.decisions, np.random.default_rng(request.seed)
    )
    n_warmup = request.supernet.warmup_epochs
    n_epochs = n_warmup + strategy.n_asks
    for epoch in range(_resume(trainer, strategy, work), n_epochs):
        if epoch < n_warmup:
            trainer.warm_up(epoch, n_epochs)
            note = "warm-up"
        else:
            architecture = strategy.ask()
            trainer.train(architecture, epoch, n_epochs)
            accuracy = trainer.accuracy(architecture)
            strategy.tell(architecture, accuracy)
            work.log("asked", epoch=epoch, choices=str(architecture), accuracy=accuracy)
            note = f"accuracy {accuracy:.3f}"
        _save(trainer, strategy, work, epoch + 1)
        work.progress("search", epoch + 1, n_epochs, note)
    return trainer, strategy


def _save(
    trainer: SupernetTrainer, strategy: Strategy, work: WorkFolder, epochs_done: int
) -> None:
    state = trainer.state() | {
        "epochs_done": epochs_done,
        "strategy": json.dumps(strategy.to_json()),
    }
    save_checkpoint(work.path / "supernet.pt", state)


def _resume(trainer: SupernetTrainer, strategy: Strategy, work: WorkFolder) -> int:
    state = load_checkpoint(work.path / "supernet.pt")
    if state is None:
        return 0
    trainer.load_state(state)
    strategy.restore(json.loads(state["strategy"]))
    work.log("resumed", epochs_done=state["epochs_done"])
    return int(state["epochs_done"])
