"""The best networks within a budget by a regression that is no sum over options: annealed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.latency import PricedSpace
from hwnas.regression import ArchitectureRegression
from hwnas.search.annealing import (
    Landscape,
    Matrix,
    anneal,
)
from hwnas.search.generate import Candidate, Generator
from hwnas.search.pool import Places, Pool
from hwnas.search.priced_graph import Allows, Price, allow_all
from hwnas.space import Architecture, Space

N_BUDGETS = 24
"""Of the front, evenly from the cheapest network's cost to the dearest's, by their logarithms."""


class AnnealedGenerator:
    """A ``Proposer`` for a learned regression; its scores are expected accuracies.

    An exact ``Generator`` without preference says whether anything fits and where to start.
    """

    def __init__(
        self,
        space: Space,
        expected: ArchitectureRegression,
        prices: Sequence[Price],
        allows: Allows = allow_all,
        *,
        seed: int,
    ) -> None:
        """As ``Generator``, whose prices and ``allows`` these are."""
        unscored = {d.name: dict.fromkeys(d.options, 0.0) for d in space.decisions}
        self._exact = Generator(space, unscored, prices, allows)
        self._expected = expected
        self._seed = seed
        self._pool = Pool(space.decisions)

        def first_price(block: BlockSpec) -> float:
            return prices[0](block) if allows(block) else np.inf

        priced = [PricedSpace(space, price) for price in (first_price, *prices[1:])]
        self._landscape = Landscape(
            tuple(len(decision.options) for decision in space.decisions),
            expected.merit,
            lambda rows: np.stack([price.price(rows) for price in priced], axis=1),
        )
        self._reach = priced[0].reach()

    def best(self, limits: Sequence[float]) -> Iterator[Candidate]:
        """See ``Proposer``; as many as annealing came by."""
        start = next(self._exact.best(limits), None)
        if start is not None:
            found = self._annealed(np.array([limits]), [start.architecture])[0]
            candidates = map(self._candidate, found)
            yield from (candidate for candidate in candidates if candidate.keeps(limits))

    def priced(self, architecture: Architecture) -> Candidate | None:
        """See ``Proposer``."""
        candidate = self._exact.priced(architecture)
        return None if candidate is None else self._scored(candidate)

    def front(self) -> list[Candidate]:
        """See ``Proposer``; annealed for ``N_BUDGETS`` budgets at once."""
        return self._front

    def cheapest(self, price_index: int) -> Candidate:
        """See ``Proposer``; exact."""
        return self._scored(self._exact.cheapest(price_index))

    @cached_property
    def _front(self) -> list[Candidate]:
        cheapest = self._exact.cheapest(0)
        lowest, highest = max(cheapest.costs[0], 1e-9), max(self._reach[1], 1e-9)
        budgets = np.geomspace(lowest, highest, N_BUDGETS) * (1 + 1e-9)
        limits = np.full((N_BUDGETS, len(cheapest.costs)), np.inf)
        limits[:, 0] = budgets
        found = self._annealed(limits, [cheapest.architecture] * N_BUDGETS)
        best = [self._candidate(rows[0]) for rows in found if len(rows)]
        return _undominated(best)

    def _annealed(self, limits: Matrix, starts: Sequence[Architecture]) -> list[Places]:
        rows = np.array([self._pool.row(architecture) for architecture in starts])
        # Sums over blocks round in another order; no limit still forbids what costs infinitely.
        slack = np.minimum(limits + np.abs(limits) * 1e-9, np.finfo(np.float64).max)
        rng = np.random.default_rng(self._seed)
        return anneal(self._landscape, slack, rows, rng)

    def _candidate(self, row: NDArray[np.int64]) -> Candidate:
        candidate = self._exact.priced(self._pool.architecture(row))
        if candidate is None:
            raise ValueError(f"annealing came by blocks that are not allowed: {row}")
        return self._scored(candidate)

    def _scored(self, candidate: Candidate) -> Candidate:
        row = np.array([self._pool.row(candidate.architecture)])
        score = float(self._expected.predict(row)[0])
        return replace(candidate, score=score)


def _undominated(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By first cost and score, cheapest first."""
    front: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.costs[0], -c.score)):
        if not front or candidate.score > front[-1].score:
            front.append(candidate)
    return front
