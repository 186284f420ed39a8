"""Uniform architectures that fit, and for each option the mean accuracy of those that held it."""

from collections.abc import Mapping, Sequence

import numpy as np

from hwnas.search.asked import Asked
from hwnas.search.batch_search import BatchSearch, mean_accuracies
from hwnas.search.pool import uniform
from hwnas.search.saved import Identity, identity_of
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Decision

N_ASKS = 100


class RandomSearch(BatchSearch[Asked]):
    """The baseline every other strategy must beat."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
    ) -> None:
        super().__init__(decisions, rng, terms, Asked())

    @property
    def n_asks(self) -> int:
        """As many as were set."""
        return self._terms.n_asks or N_ASKS

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Mean accuracies."""
        return mean_accuracies(self._decisions, self._state)

    def _next_batch(self) -> list[list[int]]:
        drawn: list[list[int]] = self._pool.draw(1, uniform(self._decisions), self._rng).tolist()
        return drawn

    @property
    def _identity(self) -> Identity:
        return identity_of("random", self._decisions, {"n_asks": self.n_asks})
