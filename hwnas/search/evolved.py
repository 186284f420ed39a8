"""The best networks within a budget by a regression, by NSGA-II (DONNA)."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.search.annealing import Matrix
from hwnas.search.by_regression import RegressionProposer
from hwnas.search.nsga2 import Front, nsga2
from hwnas.search.pool import Places


class EvolvedGenerator(RegressionProposer):
    """One run for the whole front, of merit and the first price; one more for each budget.

    A budget's run starts from the front's networks within it.
    """

    @cached_property
    def evolved(self) -> Front:
        """The front of merit and first price, whatever the other limits."""
        start = np.array([self._pool.row(self._exact.cheapest(0).architecture)])
        limits = np.full(len(self._exact.cheapest(0).costs), np.finfo(np.float64).max)
        return self._run(limits, start)

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

    def _front_rows(self) -> Sequence[NDArray[np.int64]]:
        return list(self.evolved.rows)

    def _run(self, limit: NDArray[np.float64], starts: Places) -> Front:
        landscape = self._landscape

        def objectives(rows: Places) -> Matrix:
            costs = np.asarray(landscape.costs(rows), dtype=np.float64)
            return np.column_stack([-landscape.objective(rows), costs[:, 0]])

        def excess(rows: Places) -> Matrix:
            over: Matrix = np.asarray(landscape.costs(rows), dtype=np.float64) - limit
            return over

        rng = np.random.default_rng(self._seed)
        return nsga2(landscape.n_options, objectives, excess, starts, rng)
