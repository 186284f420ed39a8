"""Uniform architectures that fit, and for each option the mean accuracy of those that held it."""

from collections.abc import Sequence

import numpy as np

from hwnas.search.asked import Asked
from hwnas.search.batch_search import BatchSearch
from hwnas.search.pool import uniform
from hwnas.search.saved import Identity, identity_of
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Decision

N_ASKS = 100


class RandomSearch(BatchSearch[Asked]):
    """The baseline every other strategy must beat; asks for each network once, while it can."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
    ) -> None:
        super().__init__(decisions, rng, terms, Asked())

    @property
    def _n_asks_by_default(self) -> int:
        return N_ASKS

    def _next_batch(self) -> list[list[int]]:
        n_to_come = self.n_asks - len(self._state.rows)
        drawn = self._pool.draw(n_to_come, uniform(self._decisions), self._rng)
        return [list(row) for row in self._rng.permutation(drawn).tolist()]

    @property
    def _identity(self) -> Identity:
        return identity_of("random", self._decisions, {"n_asks": self._terms.n_asks})
