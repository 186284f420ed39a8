"""Trains the supernet and lets a strategy learn from its networks' accuracies."""

import json
from functools import partial

import numpy as np

from hwnas.pipeline.problem import Problem
from hwnas.pipeline.supernet import clocked, resume, save, supernet_trainer, train_whole
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.search import Strategy, strategy_named
from hwnas.train import SupernetTrainer

STRATEGY = "strategy"


def explore(problem: Problem, work: WorkFolder) -> tuple[SupernetTrainer, Strategy]:
    """Train the supernet, and ask, score and tell until the strategy is done.

    By the rule ``path`` the strategy decides what is trained. By any other the supernet is
    trained whole before the strategy asks for the first network.
    """
    request = problem.request
    trainer = supernet_trainer(problem.space, problem.data, request.supernet, request.seed)
    strategy = strategy_named(
        request.strategy, problem.space.decisions, np.random.default_rng(request.seed)
    )
    if request.supernet.trains_whole:
        train_whole(trainer, trainer.n_first_epochs(strategy.n_asks), work)
        _ask_of_the_trained(trainer, strategy, work)
    else:
        _train_what_is_asked(trainer, strategy, work)
    return trainer, strategy


def _train_what_is_asked(trainer: SupernetTrainer, strategy: Strategy, work: WorkFolder) -> None:
    """Warm the supernet up, then train an epoch of each network asked for, and score it.

    A network is scored with the weights that its own epoch left, and told to the strategy
    before anything else is trained: credit goes to what was trained.
    """
    n_warmup = trainer.n_first_epochs(strategy.n_asks)
    n_epochs = n_warmup + strategy.n_asks
    first, known = resume(trainer, work)
    if known:
        strategy.restore(json.loads(known))
    for epoch in range(first, n_epochs):
        if epoch < n_warmup:
            speed = clocked(partial(trainer.warm_up, epoch, n_epochs), work)
            note = "warm-up"
        else:
            architecture = strategy.ask()
            speed = clocked(partial(trainer.train, architecture, epoch, n_epochs), work)
            accuracy = trainer.accuracy(architecture)
            strategy.tell(architecture, accuracy)
            work.log("asked", epoch=epoch, choices=str(architecture), accuracy=accuracy)
            note = f"accuracy {accuracy:.3f}"
        save(trainer, work, epoch + 1, json.dumps(strategy.to_json()))
        work.progress("search", epoch + 1, n_epochs, f"{note}, {speed}")


def _ask_of_the_trained(trainer: SupernetTrainer, strategy: Strategy, work: WorkFolder) -> None:
    """Score each network asked for with weights that no longer change."""
    known = work.recall(STRATEGY)
    if known is not None:
        strategy.restore(known)
    while not strategy.finished:
        architecture = strategy.ask()
        accuracy = trainer.accuracy(architecture)
        strategy.tell(architecture, accuracy)
        work.log("asked", choices=str(architecture), accuracy=accuracy)
        work.remember(STRATEGY, strategy.to_json())
        work.progress("ask", strategy.n_asked, strategy.n_asks, f"accuracy {accuracy:.3f}")
