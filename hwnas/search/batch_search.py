"""What strategies share that ask for networks batch by batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np

from hwnas.search.asked import Asked
from hwnas.search.pool import Pool
from hwnas.search.saved import Identity, restore_rng, saved, state_in
from hwnas.search.strategy import check_told
from hwnas.search.terms import SearchTerms
from hwnas.space import Architecture, Decision

State = TypeVar("State", bound=Asked)

N_BEST = 50
"""Networks that a search hands on beside its scores."""


class BatchSearch(ABC, Generic[State]):
    """A ``Strategy`` whose next batch follows from all it was told; asks only for what fits."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms,
        state: State,
    ) -> None:
        if not decisions:
            raise ValueError("a search needs at least one decision")
        self._decisions = tuple(decisions)
        self._rng = rng
        self._terms = terms
        self._pool = Pool(decisions, terms.fits)
        self._state = state

    @property
    @abstractmethod
    def _n_asks_by_default(self) -> int:
        """Where the terms leave it to the strategy."""

    @cached_property
    def n_asks(self) -> int:
        """As many as the terms say; no more than there are networks that fit."""
        return self._no_more_than_fit(self._terms.n_asks or self._n_asks_by_default)

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Mean accuracies of the networks that held an option, unless a strategy knows better."""
        return mean_accuracies(self._decisions, self._state)

    @property
    @abstractmethod
    def _identity(self) -> Identity:
        """What a saved search must agree in."""

    @abstractmethod
    def _next_batch(self) -> list[list[int]]:
        """One network at least; called when all of the last batch was told."""

    def _no_more_than_fit(self, n_asks: int) -> int:
        """So many, or all networks that fit where a space is small enough to list them."""
        listed = self._pool.listed
        return n_asks if listed is None else min(n_asks, len(listed))

    @property
    def n_asked(self) -> int:
        """See ``Strategy.n_asked``."""
        return self._state.n_asked

    @property
    def finished(self) -> bool:
        """Whether all accuracies were told."""
        return len(self._state.rows) >= self.n_asks

    @property
    def best(self) -> Sequence[Architecture]:
        """See ``Strategy.best``; at most ``N_BEST``, of equal ones the first told."""
        told = zip(self._state.accuracies, self._state.rows, strict=True)
        ordered = sorted(told, key=lambda pair: pair[0], reverse=True)
        distinct = dict.fromkeys(tuple(row) for _, row in ordered)
        return [self._pool.architecture(row) for row in list(distinct)[:N_BEST]]

    @property
    def told(self) -> Sequence[tuple[Architecture, float]]:
        """See ``Strategy.told``; in order."""
        rows = map(self._pool.architecture, self._state.rows)
        return list(zip(rows, self._state.accuracies, strict=True))

    def ask(self) -> Architecture:
        """See ``Strategy.ask``."""
        state = self._state
        if state.pending is None:
            if self.finished:
                raise ValueError(f"the search is finished after {self.n_asks} architectures")
            if not state.queue:
                state.queue = self._next_batch()
            state.pending = state.queue.pop(0)
        return self._pool.architecture(state.pending)

    def tell(self, architecture: Architecture, accuracy: float) -> None:
        """See ``Strategy.tell``."""
        state = self._state
        asked = None if state.pending is None else self._pool.architecture(state.pending)
        check_told(asked, architecture, accuracy)
        state.rows.append(list(self._pool.row(architecture)))
        state.accuracies.append(float(accuracy))
        state.pending = None

    def to_json(self) -> dict[str, Any]:
        """See ``Strategy.to_json``."""
        return saved(self._identity, self._rng, self._state.to_json())

    def restore(self, document: Mapping[str, Any]) -> None:
        """See ``Strategy.restore``."""
        state = self._state.from_json(state_in(document, self._identity))
        restore_rng(self._rng, document)
        self._state = state


def mean_accuracies(
    decisions: Sequence[Decision], asked: Asked
) -> Mapping[str, Mapping[str, float]]:
    """Of the networks that held an option; of all for one that none held, 0 before any."""
    overall = _mean(asked.accuracies, 0.0)
    told = list(zip(asked.rows, asked.accuracies, strict=True))
    return {
        decision.name: {
            option: _mean([accuracy for row, accuracy in told if row[place] == at], overall)
            for at, option in enumerate(decision.options)
        }
        for place, decision in enumerate(decisions)
    }


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
