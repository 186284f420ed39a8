"""The best networks within a budget by a regression, annealed (FOX-NAS)."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.search.annealing import Matrix, anneal
from hwnas.search.by_regression import RegressionProposer
from hwnas.search.generate import Candidate
from hwnas.search.pool import Places

N_BUDGETS = 24
"""Of the front, evenly from the cheapest network's cost to the dearest's, by their logarithms."""


class AnnealedGenerator(RegressionProposer):
    """Anneals for each budget; for the front, for ``N_BUDGETS`` at once."""

    def _best_rows(self, limits: Matrix, starts: Places) -> list[Places]:
        return anneal(self._landscape, limits, starts, np.random.default_rng(self._seed))

    def front(self) -> list[Candidate]:
        """See ``Proposer``; of the networks that the search came by."""
        return self._front

    @cached_property
    def _front(self) -> list[Candidate]:
        return _undominated([self._candidate(row) for row in self._front_rows()])

    def _front_rows(self) -> Sequence[NDArray[np.int64]]:
        """Networks among which are those that no other beats by first price and merit."""
        cheapest = self._exact.cheapest(0)
        lowest, highest = max(cheapest.costs[0], 1e-9), max(self._reach[1], 1e-9)
        budgets = np.geomspace(lowest, highest, N_BUDGETS) * (1 + 1e-9)
        limits = np.full((N_BUDGETS, len(cheapest.costs)), np.inf)
        limits[:, 0] = budgets
        found = self._searched(limits, [cheapest.architecture] * N_BUDGETS)
        return [rows[0] for rows in found if len(rows)]


def _undominated(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By first cost and score, cheapest first."""
    front: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.costs[0], -c.score)):
        if not front or candidate.score > front[-1].score:
            front.append(candidate)
    return front
