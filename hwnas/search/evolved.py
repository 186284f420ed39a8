"""The best networks within a budget by a regression, by NSGA-II (DONNA)."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.search.annealing import Matrix, Vector
from hwnas.search.by_regression import Expected, RegressionProposer
from hwnas.search.generate import Candidate
from hwnas.search.nsga2 import Front, nsga2
from hwnas.search.pool import Places
from hwnas.search.priced_graph import Allows, Price, allow_all
from hwnas.space import Architecture, Space

Objective = Callable[[Places], Vector]
"""``(n, n_decisions)`` networks to ``(n,)`` values, less is better."""


class EvolvedGenerator(RegressionProposer):
    """One run for the whole front, of merit, first price and further objectives.

    One more for each budget starts from the front's networks within it.
    """

    def __init__(  # noqa: PLR0913 - a Generator's, and two of its own
        self,
        space: Space,
        expected: Expected,
        prices: Sequence[Price],
        allows: Allows = allow_all,
        *,
        seed: int,
        objectives: Sequence[Objective] = (),
        starts: Sequence[Architecture] = (),
    ) -> None:
        """``starts`` are networks to begin with, such as those of another search's front."""
        super().__init__(space, expected, prices, allows, seed=seed)
        self._objectives = tuple(objectives)
        known = [one for one in starts if self._exact.priced(one) is not None]
        first = self._exact.cheapest(0)
        self._starts = np.array(
            [self._pool.row(architecture) for architecture in (first.architecture, *known)]
        )
        self._n_prices = len(first.costs)

    @cached_property
    def evolved(self) -> Front:
        """The front of all objectives, whatever the limits."""
        limits = np.full(self._n_prices, np.finfo(np.float64).max)
        return self._run(limits, self._starts)

    @property
    def hypervolumes(self) -> Sequence[float]:
        """Of the whole front."""
        return self.evolved.hypervolumes

    def front(self) -> list[Candidate]:
        """See ``Proposer``."""
        found = map(self._candidate, self.evolved.rows)
        return sorted(found, key=lambda candidate: (candidate.costs[0], -candidate.score))

    def _best_rows(self, limits: Matrix, starts: Places) -> list[Places]:
        found = []
        for limit, start in zip(limits, starts, strict=True):
            known = self.evolved.rows
            within = known[(self._landscape.costs(known) <= limit).all(axis=1)]
            front = self._run(limit, np.concatenate([start[None], within]))
            near = self._landscape.around(front.rows[np.argsort(front.values[:, 0])][:1])
            rows = np.unique(np.concatenate([front.rows, near]), axis=0)
            rows = rows[(self._landscape.costs(rows) <= limit).all(axis=1)]
            found.append(rows[np.argsort(-self._landscape.objective(rows), kind="stable")])
        return found

    def _run(self, limit: NDArray[np.float64], starts: Places) -> Front:
        landscape = self._landscape

        def objectives(rows: Places) -> Matrix:
            costs = np.asarray(landscape.costs(rows), dtype=np.float64)
            further = [objective(rows) for objective in self._objectives]
            return np.column_stack([-landscape.objective(rows), costs[:, 0], *further])

        def excess(rows: Places) -> Matrix:
            over: Matrix = np.asarray(landscape.costs(rows), dtype=np.float64) - limit
            return over

        rng = np.random.default_rng(self._seed)
        return nsga2(landscape.n_options, objectives, excess, starts, rng)
