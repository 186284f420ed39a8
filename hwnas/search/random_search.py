"""Uniform architectures that fit, and for each option the mean accuracy of those that held it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from hwnas.search.asked import Asked
from hwnas.search.batch_search import BatchSearch, mean_accuracies
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

    @cached_property
    def n_asks(self) -> int:
        """As many as the terms say; no more than there are networks that fit."""
        return self._no_more_than_fit(self._terms.n_asks or N_ASKS)

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Mean accuracies."""
        return mean_accuracies(self._decisions, self._state)

    def _next_batch(self) -> list[list[int]]:
        n_to_come = self.n_asks - len(self._state.rows)
        drawn = self._pool.draw(n_to_come, uniform(self._decisions), self._rng)
        return [list(row) for row in self._rng.permutation(drawn).tolist()]

    @property
    def _identity(self) -> Identity:
        return identity_of("random", self._decisions, {"n_asks": self._terms.n_asks})
