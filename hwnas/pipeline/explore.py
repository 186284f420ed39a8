"""Trains the supernet and lets a strategy learn from its networks' accuracies, or takes over
what an earlier run learned so.
"""  # noqa: D205

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
from torch import nn

from hwnas.errors import RunError
from hwnas.latency import PricedSpace
from hwnas.network import build
from hwnas.pipeline.block_library import BlockLibrary, log_noise
from hwnas.pipeline.distilled import (
    Distillation,
    kept_reference,
    library_folder,
    name_of_own,
    workers_at,
)
from hwnas.pipeline.exploration import EXPLORATION, Exploration, KeptRun, Told
from hwnas.pipeline.kept_supernet import SUPERNET, kept_trainer, supernet_file
from hwnas.pipeline.origin import Origin
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.reference import donna_space
from hwnas.pipeline.scores import Accuracies, SupernetScores
from hwnas.pipeline.supernet import (
    clocked,
    resume_training,
    save_training,
    supernet_trainer,
    train_whole,
)
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.search import ANNEALED, DISTILLED, SearchTerms, Strategy, strategy_named
from hwnas.search.terms import anything_fits
from hwnas.space import Architecture, attributes_of, kept_classes
from hwnas.train import SupernetTrainer

STRATEGY = "strategy"


@dataclass(frozen=True)
class Explored:
    """The score of every option, and the trained supernet unless an earlier run did not keep it.

    Both may serve any budget on any device.
    """

    exploration: Exploration
    trainer: SupernetTrainer | None = None
    scores: SupernetScores | None = None
    """Of the trained supernet's networks."""
    library: BlockLibrary | None = None
    teacher: nn.Module | None = None
    """For the network to be trained by, at the images that the library was made of."""
    teacher_name: str = ""

    def network(self, problem: Problem, architecture: Architecture) -> nn.Module:
        """A network to train to the end: with inherited weights if there are any."""
        if self.library is not None and self.library.holds(architecture):
            return self.library.network(architecture)
        if self.trainer is not None:
            return self.trainer.supernet.subnet(architecture)
        return build(problem.blocks(architecture), self.exploration.origin.seed)

    def files(self, *, keep_supernet: bool, evolved: Sequence[Architecture]) -> dict[str, bytes]:
        """What a run keeps of it, name to content.

        Where a front evolved, its networks, cheapest first, are what the next search begins with.
        """
        exploration = self.exploration
        if evolved:
            exploration = replace(exploration, best=tuple(reversed(evolved)))
        content = json.dumps(exploration.to_json(), indent=2) + "\n"
        files = {EXPLORATION: content.encode()}
        if keep_supernet and self.trainer is not None:
            files[SUPERNET] = supernet_file(self.trainer, self.exploration.origin)
        return files


def explore(problem: Problem, work: WorkFolder) -> Explored:
    """What the run that the request starts from learned; without one, learn it now."""
    start = problem.request.start
    if start is not None:
        work.log("taken over", run=str(start.folder), supernet=bool(start.supernet))
        if start.exploration.strategy in DISTILLED:
            return _taken_over(start, problem)
        trainer = _supernet_of(start, problem)
        scores = None if trainer is None else _scores(trainer, problem)
        return Explored(start.exploration, trainer, scores)
    if problem.request.strategy in DISTILLED:
        return _distilled(problem, work)
    return _learned(problem, work)


def check_start(start: KeptRun | None, *, keep_supernet: bool) -> None:
    """Refuse to keep a supernet that there is not.

    Raises:
        RunError: The run to start from did not keep its own.
    """
    if start is not None and keep_supernet and not start.supernet:
        raise RunError(
            f"{start.folder} did not keep its supernet, so there is none to keep. Leave "
            "--keep-supernet out, or search anew without --from."
        )


def _supernet_of(start: KeptRun, problem: Problem) -> SupernetTrainer | None:
    if not start.supernet:
        return None
    origin, trainer = kept_trainer(start.folder, lambda _: problem.data)
    if origin.to_json() != start.exploration.origin.to_json():
        raise RunError(
            f"{start.folder} holds a supernet of another search. Bring its own back, or search "
            "anew without --from."
        )
    return trainer


def _learned(problem: Problem, work: WorkFolder) -> Explored:
    """Train the supernet, and ask, score and tell until the strategy is done.

    By the rule ``path`` the strategy decides what is trained. By any other the supernet is
    trained whole before the strategy asks for the first network.
    """
    request = problem.request
    trainer = supernet_trainer(problem.space, problem.data, request.supernet, request.seed)
    strategy = strategy_named(
        request.strategy,
        problem.space.decisions,
        np.random.default_rng(request.seed),
        _terms(problem),
    )
    scores = _scores(trainer, problem)
    if request.supernet.trains_whole:
        train_whole(trainer, trainer.n_first_epochs(strategy.n_asks), work)
        told = _ask_of_the_trained(scores, strategy, work)
    else:
        _train_what_is_asked(trainer, strategy, work)
        told = [Told(network, Accuracies(float32=known)) for network, known in strategy.told]
    exploration = Exploration(
        origin=Origin.of(request, problem.space, problem.data),
        space_name=request.space,
        input_size=request.input_size,
        strategy=request.strategy,
        scores=strategy.scores,
        best=tuple(strategy.best),
        told=tuple(told),
    )
    return Explored(exploration, trainer, scores)


def _scores(trainer: SupernetTrainer, problem: Problem) -> SupernetScores:
    """As the networks ship, for a strategy that learns a regression of that; else in float."""
    request = problem.request
    is_int8 = request.strategy in ANNEALED and request.device.precision == "int8"
    return SupernetScores(trainer, request.device if is_int8 else None)


def _taken_over(start: KeptRun, problem: Problem) -> Explored:
    """With the run's blocks and its reference, as far as they are still in the cache."""
    kept = start.exploration.library
    if kept is None:
        return Explored(start.exploration)
    space = donna_space(problem.space)
    library = BlockLibrary(
        folder=library_folder(),
        space=space,
        settings=kept.blockwise,
        taught_by=kept.taught_by,
        seed=kept.seed,
    )
    teacher = kept_reference(space, kept.reference, kept.seed) if kept.reference else None
    return Explored(
        start.exploration, library=library, teacher=teacher, teacher_name=name_of_own(space)
    )


def _distilled(problem: Problem, work: WorkFolder) -> Explored:
    """Distil blocks, fine-tune some networks of them, and tell how good each turned out."""
    request = problem.request
    steps = Distillation(
        data=problem.data,
        space=donna_space(problem.space),
        settings=request.donna,
        finetune=request.finetune,
        seed=request.seed,
        work=work.path,
        workers=workers_at(request.ray),
        on_step=work.progress,
    )
    reference = steps.reference()
    library = steps.library(reference)
    finetuned = steps.finetuned(library, reference)
    for network, accuracy in finetuned:
        work.log("asked", choices=str(network), accuracy=accuracy)
    exploration = Exploration(
        origin=Origin.of(request, problem.space, problem.data),
        space_name=request.space,
        input_size=request.input_size,
        strategy=request.strategy,
        scores={
            place: {option: -noise for option, noise in options.items()}
            for place, options in log_noise(library.qualities).items()
        },
        told=tuple(Told(one, Accuracies(float32=known)) for one, known in finetuned),
        qualities=library.qualities,
        library=steps.kept(library),
    )
    return Explored(
        exploration, library=library, teacher=reference.network, teacher_name=steps.reference_name
    )


def _terms(problem: Problem) -> SearchTerms:
    """What a strategy is told of the problem; one that is annealed later learns from anything."""
    request, space, model = problem.request, problem.space, problem.model
    annealed = request.strategy in ANNEALED
    return SearchTerms(
        n_asks=request.queries,
        plan=request.plan or SearchTerms.plan,
        fits=anything_fits if annealed else problem.keeps_prediction,
        option_classes=kept_classes(space),
        attributes=attributes_of(space),
        price=PricedSpace(space, model.block_ms, model.constant_ms).price if annealed else None,
    )


def _train_what_is_asked(trainer: SupernetTrainer, strategy: Strategy, work: WorkFolder) -> None:
    """Warm the supernet up, then train an epoch of each network asked for, and score it.

    A network is scored with the weights that its own epoch left, and told to the strategy
    before anything else is trained: credit goes to what was trained.
    """
    n_warmup = trainer.n_first_epochs(strategy.n_asks)
    n_epochs = n_warmup + strategy.n_asks
    first, known = resume_training(trainer, work)
    if known:
        strategy.restore(json.loads(known))
    for epoch in range(first, n_epochs):
        if epoch < n_warmup:
            speed = clocked(partial(trainer.train_by_rule, epoch, n_epochs), work)
            note = "warm-up"
        else:
            architecture = strategy.ask()
            speed = clocked(partial(trainer.train_path, architecture, epoch, n_epochs), work)
            accuracy = trainer.accuracy(architecture)
            strategy.tell(architecture, accuracy)
            work.log("asked", epoch=epoch, choices=str(architecture), accuracy=accuracy)
            note = f"accuracy {accuracy:.3f}"
        save_training(trainer, work, epoch + 1, json.dumps(strategy.to_json()))
        work.progress("search", epoch + 1, n_epochs, f"{note}, {speed}")


def _ask_of_the_trained(
    scores: SupernetScores, strategy: Strategy, work: WorkFolder
) -> list[Told]:
    """Score each network asked for with weights that no longer change."""
    known = work.recall(STRATEGY)
    found: list[Accuracies] = []
    if known is not None:
        strategy.restore(known["strategy"])
        found = [Accuracies(**accuracies) for accuracies in known["found"]]
    while not strategy.finished:
        architecture = strategy.ask()
        accuracies = scores.accuracies(architecture)
        accuracy = accuracies.deployed("int8")
        strategy.tell(architecture, accuracy)
        found.append(accuracies)
        work.log("asked", choices=str(architecture), accuracy=accuracy, **asdict(accuracies))
        state = {"strategy": strategy.to_json(), "found": list(map(asdict, found))}
        work.remember(STRATEGY, state)
        work.progress("ask", strategy.n_asked, strategy.n_asks, f"accuracy {accuracy:.3f}")
    told = [network for network, _ in strategy.told]  # none where accuracies cannot be compared
    return [Told(*pair) for pair in zip(told, found, strict=False)]
