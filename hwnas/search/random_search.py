"""Uniform architectures that fit, and for each option the mean accuracy of those that held it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwnas.search.pool import Pool, uniform
from hwnas.search.saved import Identity, damaged, identity_of, restore_rng, saved, state_in
from hwnas.search.strategy import check_told
from hwnas.search.terms import NO_TERMS, SearchTerms, anything_fits
from hwnas.space import Architecture, Decision, random_choices

N_ASKS = 100


class RandomSearch:
    """The baseline every other strategy must beat."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
    ) -> None:
        self._decisions = tuple(decisions)
        self._rng = rng
        self._n_asks = terms.n_asks or N_ASKS
        self._pool = None if terms.fits is anything_fits else Pool(decisions, terms.fits)
        self._pending: Architecture | None = None
        self._told: list[tuple[Architecture, float]] = []

    @property
    def n_asks(self) -> int:
        """As many as were set."""
        return self._n_asks

    @property
    def n_asked(self) -> int:
        """Architectures drawn."""
        return len(self._told) + (self._pending is not None)

    @property
    def finished(self) -> bool:
        """Whether all accuracies were told."""
        return len(self._told) == self._n_asks

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Mean accuracies; that of all networks for an option no network held, 0 before any."""
        overall = _mean([accuracy for _, accuracy in self._told], 0.0)
        return {
            decision.name: {
                option: _mean(
                    [a for held, a in self._told if held.choices[place] == option], overall
                )
                for option in decision.options
            }
            for place, decision in enumerate(self._decisions)
        }

    def ask(self) -> Architecture:
        """See ``Strategy.ask``."""
        if self._pending is None:
            if self.finished:
                raise ValueError(f"the search is finished after {self.n_asks} architectures")
            self._pending = self._drawn()
        return self._pending

    def tell(self, architecture: Architecture, accuracy: float) -> None:
        """See ``Strategy.tell``."""
        check_told(self._pending, architecture, accuracy)
        self._told.append((architecture, float(accuracy)))
        self._pending = None

    def to_json(self) -> dict[str, Any]:
        """See ``Strategy.to_json``."""
        state = {
            "told": [[list(held.choices), accuracy] for held, accuracy in self._told],
            "pending": None if self._pending is None else list(self._pending.choices),
        }
        return saved(self._identity, self._rng, state)

    def restore(self, document: Mapping[str, Any]) -> None:
        """See ``Strategy.restore``."""
        state = state_in(document, self._identity)
        try:
            told = [(Architecture(tuple(c)), float(accuracy)) for c, accuracy in state["told"]]
            pending = state["pending"] and Architecture(tuple(state["pending"]))
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(f"its told or pending is {error}") from error
        restore_rng(self._rng, document)
        self._told, self._pending = told, pending

    def _drawn(self) -> Architecture:
        if self._pool is None:
            return random_choices(self._decisions, self._rng)
        return self._pool.architecture(self._pool.draw(1, uniform(self._decisions), self._rng)[0])

    @property
    def _identity(self) -> Identity:
        return identity_of("random", self._decisions, {"n_asks": self._n_asks})


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
