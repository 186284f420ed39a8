"""What networks within a budget are best by a regression that is no sum over options."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.latency import PricedSpace
from hwnas.search.annealing import Landscape, Matrix, Vector
from hwnas.search.generate import Candidate, Generator
from hwnas.search.pool import Places, Pool
from hwnas.search.priced_graph import Allows, Price, allow_all
from hwnas.space import Architecture, Space


class Expected(Protocol):
    """A learned regression of accuracies."""

    def merit(self, rows: Places) -> Vector:
        """``(n,)`` numbers that order ``(n, n_decisions)`` networks as ``predict`` does."""
        ...

    def predict(self, rows: Places) -> Vector:
        """``(n,)`` expected accuracies."""
        ...


class RegressionProposer(ABC):
    """A ``Proposer`` for a learned regression; its scores are expected accuracies.

    An exact ``Generator`` without preference says whether anything fits and where to start.
    """

    def __init__(
        self,
        space: Space,
        expected: Expected,
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

    @abstractmethod
    def _best_rows(self, limits: Matrix, starts: Places) -> list[Places]:
        """For each row of limits the best networks within it, best first, from one that is."""

    @abstractmethod
    def front(self) -> list[Candidate]:
        """See ``Proposer``; of the networks that the search came by."""

    @property
    def expects_accuracies(self) -> bool:
        """As the regression tells them."""
        return True

    @property
    def hypervolumes(self) -> Sequence[float]:
        """None, unless the front evolves."""
        return ()

    def best(self, limits: Sequence[float]) -> Iterator[Candidate]:
        """See ``Proposer``; as many as the search came by."""
        start = next(self._exact.best(limits), None)
        if start is not None:
            found = self._searched(np.array([limits]), [start.architecture])[0]
            candidates = map(self._candidate, found)
            yield from (candidate for candidate in candidates if candidate.keeps(limits))

    def priced(self, architecture: Architecture) -> Candidate | None:
        """See ``Proposer``."""
        candidate = self._exact.priced(architecture)
        return None if candidate is None else self._scored(candidate)

    def cheapest(self, price_index: int) -> Candidate:
        """See ``Proposer``; exact."""
        return self._scored(self._exact.cheapest(price_index))

    def _searched(self, limits: Matrix, starts: Sequence[Architecture]) -> list[Places]:
        rows = np.array([self._pool.row(architecture) for architecture in starts])
        # Sums over blocks round in another order; no limit still forbids what costs infinitely.
        slack = np.minimum(limits + np.abs(limits) * 1e-9, np.finfo(np.float64).max)
        return self._best_rows(slack, rows)

    def _candidate(self, row: NDArray[np.int64]) -> Candidate:
        candidate = self._exact.priced(self._pool.architecture(row))
        if candidate is None:
            raise ValueError(f"the search came by blocks that are not allowed: {row}")
        return self._scored(candidate)

    def _scored(self, candidate: Candidate) -> Candidate:
        row = np.array([self._pool.row(candidate.architecture)])
        score = float(self._expected.predict(row)[0])
        return replace(candidate, score=score)
