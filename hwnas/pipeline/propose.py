"""What proposes networks: exact generation from scores, or annealing on a regression."""

import math

import numpy as np

from hwnas.errors import InvalidInputError, RunError
from hwnas.pipeline.distilled import measures_of
from hwnas.pipeline.exploration import Exploration
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.quantity import check_least
from hwnas.pipeline.request import SearchRequest
from hwnas.record import unknown_name
from hwnas.regression import FEWEST_NETWORKS, ArchitectureRegression
from hwnas.regression.qualities import QualityFit, QualityRegression
from hwnas.report import DISTIL_LONGER
from hwnas.search import ANNEALED, DISTILLED, PLANS, PRUNED, Proposer
from hwnas.search.pool import Pool
from hwnas.space import NO_CELL_LIMITS, Space, attributes_of


def check_annealed(request: SearchRequest) -> None:
    """Refuse what annealing cannot serve.

    Raises:
        InvalidInputError: A limit on cells, or a supernet whose accuracies cannot be compared.
    """
    if request.cells != NO_CELL_LIMITS:
        raise InvalidInputError(
            f"--strategy {request.strategy} does not limit cells. Leave --max-height and "
            "--non-parametric-edges out, or search by ddpnas."
        )
    if not request.supernet.trains_whole:
        raise InvalidInputError(
            f"--strategy {request.strategy} compares networks of one supernet, and by --supernet "
            f"{request.supernet.rule} each is asked of another one. Give --supernet spos."
        )


def check_asks(request: SearchRequest) -> None:
    """Refuse to limit or spread what a strategy does not ask for.

    Raises:
        UnknownNameError: No such plan.
        InvalidInputError: No supernet is asked, too few networks, or a plan of another strategy.
    """
    if request.plan is not None:
        if request.strategy not in ANNEALED:
            raise InvalidInputError(
                f"--plan {request.plan} goes with --strategy foxnas, not with "
                f"{request.strategy}. Leave it out."
            )
        if request.plan not in PLANS:
            raise unknown_name("plan", request.plan, PLANS)
    if request.queries is None:
        return
    check_least(1, queries=request.queries)
    if request.strategy in DISTILLED or request.strategy in PRUNED:
        raise InvalidInputError(
            f"--strategy {request.strategy} asks no supernet, so --queries {request.queries} "
            "limits nothing. Leave it out."
        )
    if request.strategy in ANNEALED and request.queries < FEWEST_NETWORKS:
        raise InvalidInputError(
            f"--queries {request.queries} is too few for a regression. Ask for "
            f"{FEWEST_NETWORKS} networks at least."
        )


def check_learnable(space: Space) -> None:
    """Refuse a space that a regression cannot learn from, before anything is timed or trained.

    Raises:
        InvalidInputError: It has fewer networks than a regression takes.
    """
    n_networks = math.prod(len(decision.options) for decision in space.decisions)
    if n_networks < FEWEST_NETWORKS:
        raise InvalidInputError(
            f"Space {space.name!r} has {n_networks} of the {FEWEST_NETWORKS} networks that a "
            "regression takes at least. Search a larger one, or by --strategy ddpnas."
        )


def proposer_of(problem: Problem, exploration: Exploration) -> Proposer:
    """As the strategy means it."""
    request = problem.request
    if exploration.strategy in DISTILLED:
        return problem.evolver(
            quality_regression(problem.space, exploration), request.seed, exploration.best
        )
    if exploration.strategy not in ANNEALED:
        return problem.generator(exploration.scores)
    learned = accuracy_regression(problem.space, exploration, request.device.precision)
    return problem.annealer(learned, request.seed)


def predictor_fit(problem: Problem, exploration: Exploration) -> QualityFit | None:
    """How well blocks' qualities predict networks that were left out; of DONNA alone."""
    if exploration.strategy not in DISTILLED:
        return None
    return quality_regression(problem.space, exploration).fit


def quality_regression(space: Space, exploration: Exploration) -> QualityRegression:
    """Learned from the networks that were fine-tuned, by the qualities of their blocks.

    Raises:
        RunError: They are too few, or too equal, to learn from.
    """
    pool = Pool(space.decisions)
    rows = np.array([pool.row(told.architecture) for told in exploration.told])
    accuracies = np.array([told.accuracies.float32 for told in exploration.told])
    try:
        measures = measures_of(space, exploration.qualities)
        return QualityRegression.learn(measures, rows, accuracies)
    except ValueError as error:
        raise RunError(f"No predictor can be learned: {error}. {DISTIL_LONGER}") from error


def accuracy_regression(
    space: Space, exploration: Exploration, precision: str
) -> ArchitectureRegression:
    """Learned from the networks that the strategy was told of, as they ship in this precision.

    Raises:
        RunError: They are too few, or too equal, to learn from.
    """
    pool = Pool(space.decisions)
    rows = np.array([pool.row(told.architecture) for told in exploration.told])
    accuracies = np.array([told.accuracies.deployed(precision) for told in exploration.told])
    try:
        return ArchitectureRegression.of(attributes_of(space), rows, accuracies, "accuracy")
    except ValueError as error:
        raise RunError(
            f"No regression can be learned: {error}. Search a larger space, or train the supernet "
            "for longer with --supernet-epochs."
        ) from error
