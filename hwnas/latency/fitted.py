"""What blocks cost, from latencies of whole networks.

For targets whose blocks cannot be timed one by one; ``fit_problem`` says how they are found.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from hwnas.block import BlockSpec
from hwnas.latency.fit_problem import FEW_NETWORKS, FitProblem, Regularization, with_constant
from hwnas.latency.part_columns import Likely, PartColumns, Vector
from hwnas.space import Part, Parts

MISFIT, WIDEST = 0.95, 2.0
"""Which share of another target's networks counts as most, and how far it may widen the safety."""
FOLDS = 5


@dataclass(frozen=True)
class Predicted:
    """``(n_networks,)`` milliseconds; no slower than ``safe_ms`` with ``CONFIDENCE``."""

    ms: Vector
    safe_ms: Vector


class FittedCosts:
    """What parts cost on one target."""

    def __init__(
        self, columns: PartColumns, problem: FitProblem, regularization: Regularization
    ) -> None:
        self._columns = columns
        self._problem = problem
        self.regularization = regularization
        self._costs = problem.costs(regularization)
        self._safety = problem.safety(regularization)

    @property
    def constant_ms(self) -> float:
        """What every network costs whatever its parts."""
        return float(self._costs[0])

    @property
    def likely(self) -> Likely:
        """These costs as another target's prior."""
        return Likely(self._costs[1:])

    def block_ms(self, block: BlockSpec) -> float:
        """What a block that is read adds to a network; never negative.

        Raises:
            KeyError: It is of no kind that the fit knows.
        """
        return float(self._columns.row(Parts({Part(block): 1})) @ self._costs[1:])

    def predict(self, networks: Sequence[Parts]) -> Predicted:
        """Sums of the networks' parts, and what they are no slower than.

        Raises:
            KeyError: A part is of no kind that the fit knows.
        """
        ms, deviations_ms = self._sums(networks)
        return Predicted(ms, ms + self._safety * deviations_ms)

    def misfit(self, networks: Sequence[Parts], latencies_ms: Vector) -> float:
        """How many of their own deviations most networks, measured all, are slower than predicted.

        Few networks, chosen for what they tell, are odd ones; how far off the sums are for
        ordinary networks is told by another target that measured them all.
        """
        ms, deviations_ms = self._sums(networks)
        return float(np.quantile((latencies_ms - ms) / deviations_ms, MISFIT))

    def widened(self, misfit: float) -> Self:
        """The same costs, sure only as far as another target's misfit lets them be."""
        wider = copy.copy(self)
        wider._safety = max(self._safety, min(WIDEST * self._safety, misfit))
        return wider

    def _sums(self, networks: Sequence[Parts]) -> tuple[Vector, Vector]:
        """Predicted milliseconds and their deviations, ``(n_networks,)`` each."""
        rows = with_constant(self._columns.rows(networks))
        ms: Vector = rows @ self._costs
        return ms, self._problem.deviations(rows, ms, self.regularization)


def fit_costs(
    parts: Iterable[Part],
    networks: Sequence[Parts],
    latencies_ms: Vector,
    likely: Sequence[Likely] = (),
) -> FittedCosts:
    """Fit the costs of all ``parts`` on ``(n_networks,)`` measured latencies.

    Raises:
        ValueError: No networks, or a latency that is not positive.
    """
    columns = PartColumns(parts)
    problem = FitProblem(columns, columns.rows(networks), latencies_ms, likely)
    return FittedCosts(columns, problem, problem.best_regularization)


def cross_validated_ms(
    parts: Iterable[Part],
    networks: Sequence[Parts],
    latencies_ms: Vector,
    likely: Sequence[Likely] = (),
) -> Vector:
    """Every network as it is predicted by a fit on four fifths that it is none of: ``(n,)``.

    The regularization is chosen anew on each four fifths.
    """
    columns = PartColumns(parts)
    rows = columns.rows(networks)
    fold = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    predicted = np.empty(len(rows))
    for left_out in range(min(FOLDS, len(rows))):
        used = fold != left_out
        problem = FitProblem(columns, rows[used], latencies_ms[used], likely)
        costs = problem.costs(problem.best_regularization)
        predicted[~used] = with_constant(rows[~used]) @ costs
    return predicted


def most_telling(
    parts: Iterable[Part], networks: Sequence[Parts], n: int, likely: Sequence[Likely] = ()
) -> list[int]:
    """The places of the ``n`` networks to measure, each the least sure after those before it.

    That is greedy D-optimality under the prior. Where costs are likely up to a factor, errors
    count relative to the latencies those tell.
    """
    columns = PartColumns(parts)
    rows = columns.rows(networks)
    guessed = rows @ likely[0].costs if likely else np.ones(len(rows))
    problem = FitProblem(columns, rows, np.maximum(guessed, 1e-9), likely)
    weighed = problem.weighed_factor(FEW_NETWORKS)
    variance = np.square(weighed).sum(axis=1)
    noise = FEW_NETWORKS.noise**2
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        variance[chosen] = -np.inf
        place = int(np.argmax(variance))
        chosen.append(place)
        shared = weighed @ weighed[place]
        scale = np.sqrt(weighed[place] @ weighed[place] + noise)
        direction = weighed[place] / (scale * (scale + np.sqrt(noise)))
        weighed = weighed - np.outer(shared, direction)
        variance = np.square(weighed).sum(axis=1)
    return chosen
