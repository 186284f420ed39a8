"""Evolution of the best networks so far, as SPOS (Guo et al. 2020) and RD-NAS search a supernet.

A generation's parents are the best networks of all told so far. Half of its children mix two of
them, each option from either at even odds; half are one of them with each option replaced at
``mutation_rate``. A child must be new and fit; what is missing is drawn at random. The operators
are pymoo's.

SPOS asks for 20 generations of 50. Ours is shorter by default, since a supernet that is trained
by what is asked (``--supernet path``) trains an epoch for each.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwnas.search.asked import Asked
from hwnas.search.batch_search import BatchSearch
from hwnas.search.pool import Places, uniform
from hwnas.search.saved import Identity, identity_of
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Decision

N_ASKS = 300
ATTEMPTS = 10
"""Generations of children bred for one that is new and fits."""


@dataclass(frozen=True, kw_only=True)
class EvolutionSettings:
    """RD-NAS's numbers: 50 networks a generation from 10 parents."""

    population: int = 50
    parents: int = 10
    mutation_rate: float = 0.1

    def __post_init__(self) -> None:
        if not 2 <= self.parents <= self.population:
            raise ValueError(f"evolution needs 2 parents and a population of as many, got {self}")
        if not 0 < self.mutation_rate <= 1:
            raise ValueError(f"mutation_rate must be above 0 and 1 at most, got {self}")


class Evolution(BatchSearch[Asked]):
    """The search as a ``Strategy``; asks for each network once, while there are new ones."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
        settings: EvolutionSettings | None = None,
    ) -> None:
        super().__init__(decisions, rng, terms, Asked())
        self._settings = settings or EvolutionSettings()

    @property
    def _n_asks_by_default(self) -> int:
        return N_ASKS

    def _next_batch(self) -> list[list[int]]:
        size = min(self._settings.population, self.n_asks - len(self._state.rows))
        new = self._children()[:size] if self._state.rows else []
        if len(new) < size:
            drawn = self._pool.draw(len(self._state.rows) + size, self._even, self._rng)
            new = (new + self._new(drawn.tolist(), new))[:size]
        return new or [self._state.rows[int(np.argmax(self._state.accuracies))]]

    def _children(self) -> list[list[int]]:
        """Up to a population of new networks that fit, mixed and mutated in turn."""
        order = np.argsort(-np.array(self._state.accuracies), kind="stable")
        parents = np.array(self._state.rows)[order[: self._settings.parents]]
        half = self._settings.population // 2
        children: list[list[int]] = []
        for breed in (self._mixed, self._mutated):
            bred: list[list[int]] = []
            for _ in range(ATTEMPTS):
                fitting = self._pool.fitting(breed(parents, half)).tolist()
                bred += self._new(fitting, children + bred)
                if len(bred) >= half:
                    break
            children += bred[:half]
        return children

    def _mixed(self, parents: Places, n: int) -> Places:
        from pymoo.operators.crossover.ux import UniformCrossover

        pairs = self._rng.integers(len(parents), size=(n, 2))
        mixed = UniformCrossover(prob=1.0).do(
            self._problem, self._population(parents), parents=pairs, random_state=self._rng
        )
        places: Places = mixed.get("X")[:n].astype(np.int64)
        return places

    def _mutated(self, parents: Places, n: int) -> Places:
        from pymoo.operators.mutation.rm import ChoiceRandomMutation

        mutation = ChoiceRandomMutation(prob=1.0, prob_var=self._settings.mutation_rate)
        taken = self._population(parents[self._rng.integers(len(parents), size=n)])
        mutated = mutation.do(self._problem, taken, random_state=self._rng)
        places: Places = mutated.get("X").astype(np.int64)
        return places

    def _population(self, rows: Places) -> Any:  # noqa: ANN401 - pymoo is not typed
        from pymoo.core.population import Population

        return Population.new("X", rows)

    @cached_property
    def _problem(self) -> Any:  # noqa: ANN401 - pymoo is not typed
        from pymoo.core.problem import Problem
        from pymoo.core.variable import Choice

        return Problem(
            vars={d.name: Choice(options=range(len(d.options))) for d in self._decisions}
        )

    @cached_property
    def _even(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return uniform(self._decisions)

    def _new(self, rows: list[list[int]], taken: list[list[int]]) -> list[list[int]]:
        """Those not told of and not among ``taken``, each once."""
        known = set(map(tuple, (*self._state.rows, *taken)))
        return [list(row) for row in dict.fromkeys(map(tuple, rows)) if row not in known]

    @property
    def _identity(self) -> Identity:
        settings = asdict(self._settings) | {"n_asks": self._terms.n_asks}
        return identity_of("evolution", self._decisions, settings)
