"""DDPNAS with credit by regression: ours, for few and costly accuracies.

DDPNAS credits an option with the accuracy of the one network that held it, whatever its other
options did, and forgets each period. Here everything told so far is regressed on the options
(``regression.py``), and an option's credit, which is also its score, is

    the accuracy expected of the best networks so far when this one option is put in

The search goes in batches. The first is drawn uniformly from the networks that fit. Each of the
others is the best of many by expectation plus deviation: of the neighbours of the best networks,
and of draws, uniform in a space small enough to list, else half from

    theta = softmax(credit / temperature)

So the distribution narrows as in DDPNAS, and the later batches re-rank the best by asking. No
option is dropped for good: dropping the worst each batch or each third loses 0.05 to 0.12 points
on NAS-Bench-201, where what an option is worth depends on the others.

All accuracies count alike, early or late. Those of a supernet that still learns rise anyway, so
what this strategy is for is a table, or trainings from scratch; on a supernet it runs too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.search.batch_search import BatchSearch
from hwnas.search.ddpnas import Ddpnas
from hwnas.search.pool import Places, uniform
from hwnas.search.regression import MAX_LEARNED_FROM, Regression
from hwnas.search.regression_state import RegressionState
from hwnas.search.saved import Identity, identity_of
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Architecture, Decision

N_ELITE = 20
"""Networks around which options are credited and neighbours looked at."""
N_CANDIDATES = 2000
"""Random networks whose accuracy is predicted for a batch."""


@dataclass(frozen=True, kw_only=True)
class RegressionSettings:
    """How the asks are spread; ``temperature`` is DDPNAS's."""

    n_first: int = 40
    """Drawn at random, but no more than a third of all."""
    n_batches: int = 14
    caution: float = 1.0
    """Deviations added to what is expected: how much the unknown is preferred."""
    temperature: float = 0.01

    def __post_init__(self) -> None:
        if self.n_first < 1 or self.n_batches < 1:
            raise ValueError(f"n_first and n_batches must be at least 1, got {self}")
        if not (0 <= self.caution < math.inf and 0 < self.temperature < math.inf):
            raise ValueError(f"caution and temperature must be positive, got {self}")


class DdpnasRegression(BatchSearch[RegressionState]):
    """The search as a ``Strategy``; asks only for networks that fit, and for each once.

    Where fewer fit than it may ask for, it asks for them all. In a space too large to list it
    repeats its best network when it finds no new one.
    """

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
        settings: RegressionSettings | None = None,
    ) -> None:
        n_options = tuple(len(decision.options) for decision in decisions)
        super().__init__(decisions, rng, terms, RegressionState.fresh(n_options))
        self._settings = settings or RegressionSettings()
        self._regression = Regression(n_options)

    @property
    def _n_asks_by_default(self) -> int:
        return Ddpnas(self._decisions, self._rng).n_asks

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Credits, from 0 to 1 as accuracies are; all 0 before the first batch is told."""
        return {
            decision.name: dict(zip(decision.options, row, strict=False))  # the row is padded
            for decision, row in zip(self._decisions, self._state.credit.tolist(), strict=True)
        }

    def tell(self, architecture: Architecture, accuracy: float) -> None:
        """See ``Strategy.tell``; a whole batch is learned from at once."""
        super().tell(architecture, accuracy)
        if not self._state.queue:
            self._end_batch()

    @property
    def _identity(self) -> Identity:
        settings = asdict(self._settings) | {"n_asks": self._terms.n_asks}
        return identity_of("ddpnas-regression", self._decisions, settings)

    def _next_batch(self) -> list[list[int]]:
        """The first; any other is queued when the one before it ends."""
        n_first = min(self._settings.n_first, -(-self.n_asks // 3))
        drawn: list[list[int]] = self._pool.draw(n_first, self._theta, self._rng).tolist()
        return drawn

    def _end_batch(self) -> None:
        state = self._state
        rows, accuracies = np.array(state.rows), np.array(state.accuracies)
        if state.n_learned < MAX_LEARNED_FROM and len(rows) >= 2 * state.n_learned:
            state.kernel = self._regression.learned(rows, accuracies)
            state.n_learned = len(rows)
        self._regression.fit(rows, accuracies, state.kernel)
        expected = self._regression.expected(rows)
        elite = rows[np.argsort(-expected, kind="stable")[:N_ELITE]]
        state.credit = self._credit(elite)
        if not self.finished:
            state.queue = self._promising(elite)

    def _credit(self, elite: Places) -> NDArray[np.float64]:
        """What is expected of the elite's networks, on average, when each has the option."""
        credit = np.zeros(self._state.credit.shape)
        changed = self._pool.variants(elite)
        expected = self._regression.accuracies(self._regression.expected(changed.rows))
        means = expected.reshape(-1, len(elite)).mean(axis=1)
        credit[changed.decisions, changed.places] = means
        return credit

    def _promising(self, elite: Places) -> list[list[int]]:
        """The most promising new candidates; the best network of all where there are none."""
        n_to_come = self.n_asks - len(self._state.rows)
        size = min(-(-self.n_asks // self._settings.n_batches), n_to_come)
        drawn = self._pool.draw(N_CANDIDATES, self._theta, self._rng)
        candidates = self._new(np.concatenate([drawn, self._pool.neighbours(elite)]))
        if len(candidates) < size and self._pool.listed is not None:
            candidates = self._new(self._pool.listed)
        if not len(candidates):
            return [elite[0].tolist()]
        expected, deviation = self._regression.predict(candidates)
        promise = expected + self._settings.caution * deviation
        chosen: list[list[int]] = candidates[np.argsort(-promise, kind="stable")[:size]].tolist()
        return chosen

    @property
    def _theta(self) -> NDArray[np.float64]:
        """``(n_decisions, n_options)`` what draws follow; rows sum to 1."""
        even = uniform(self._decisions)
        credit = np.where(even > 0, self._state.credit, -np.inf)
        odds = np.exp((credit - credit.max(axis=1, keepdims=True)) / self._settings.temperature)
        theta: NDArray[np.float64] = (odds / odds.sum(axis=1, keepdims=True) + even) / 2
        return theta

    def _new(self, rows: Places) -> Places:
        tried = set(map(tuple, self._state.rows))
        rows = np.unique(rows, axis=0)
        return rows[[tuple(row) not in tried for row in rows.tolist()]]
