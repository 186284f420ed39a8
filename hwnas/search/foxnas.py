"""FOX-NAS (Wu et al. 2021): a few hundred networks, a regression one can read, annealing on it.

What is asked for teaches a multivariate regression (``hwnas.regression``) on what can be read off
an architecture. The answer is what simulated annealing finds on that regression and the latency
model (``annealed.py``), for any budget; this file decides which networks to learn from.

The paper samples at random. Here a third of the networks fill the space; half of each later batch
are those that annealing on the regression so far finds best within budgets of all sizes, for the
regression should be right where its best networks are.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.regression import FEWEST_NETWORKS, ArchitectureRegression
from hwnas.search.annealing import AnnealingSettings, Landscape, Objective, anneal
from hwnas.search.asked import Asked
from hwnas.search.batch_search import BatchSearch
from hwnas.search.pool import Places, uniform
from hwnas.search.sampling import PLANS, Sampler, farthest, others
from hwnas.search.saved import Identity, identity_of
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Attributes, Decision, OptionsAsAttributes, attributes_from

N_ASKS = 300
"""As many as the authors' published sample has."""
QUICK = AnnealingSettings(steps_a_decision=20, n_restarts=4)
"""For the networks of a batch, which are within ``N_BUDGETS`` budgets."""
N_BUDGETS, N_OF_EACH = 5, 40
"""Of the best ``N_OF_EACH`` networks of a budget those far from what is known are asked for."""
TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class FoxnasSettings:
    """How the asks are spread; ``plan`` is one of ``PLANS``."""

    plan: str = "annealing"
    batch: int = 40

    def __post_init__(self) -> None:
        if self.plan not in PLANS or self.batch < 1:
            raise ValueError(f"foxnas needs a plan of {list(PLANS)} and a batch, got {self}")


class Foxnas(BatchSearch[Asked]):
    """The sampling as a ``Strategy``; asks for each network once, while there are new ones."""

    def __init__(
        self,
        decisions: Sequence[Decision],
        rng: np.random.Generator,
        terms: SearchTerms = NO_TERMS,
        settings: FoxnasSettings | None = None,
    ) -> None:
        super().__init__(decisions, rng, terms, Asked())
        self._settings = settings or FoxnasSettings()

    @property
    def _n_asks_by_default(self) -> int:
        return N_ASKS

    def _next_batch(self) -> list[list[int]]:
        known = np.array(self._state.rows, dtype=np.int64).reshape(-1, len(self._decisions))
        n_to_come = self.n_asks - len(known)
        new = self._sampled(n_to_come, known)
        if not len(new):  # a space too large to list, in which no new network was found
            new = known[[int(np.argmax(self._state.accuracies))]]
        batch: list[list[int]] = new.tolist()
        return batch

    def _sampled(self, n: int, known: Places) -> Places:
        if self._settings.plan == "random":
            return self._sampler.random(n, known)
        if self._settings.plan == "filling":
            return self._sampler.filling(n, known)
        first = max(FEWEST_NETWORKS, self.n_asks // 3)
        if len(known) < first:
            return self._sampler.filling(min(n, first - len(known)), known)
        n = min(n, self._settings.batch)
        promising = self._promising(n // 2, known)
        filling = self._sampler.random(n - len(promising), np.concatenate([known, promising]))
        return np.concatenate([promising, filling])

    def _promising(self, n: int, known: Places) -> Places:
        """Up to ``n`` new networks, the best that annealing finds within budgets of all sizes."""
        accuracies = np.array(self._state.accuracies)
        if np.ptp(accuracies) == 0:
            return known[:0]
        learned = ArchitectureRegression.of(self._attributes, known, accuracies, "accuracy")
        start = self._cheapest(known[[int(accuracies.argmax())]])
        costs = self._price(np.concatenate([start, known]))
        budgets = np.geomspace(costs.min() + TINY, costs.max() + TINY, N_BUDGETS)
        limits = np.column_stack([budgets, np.full(N_BUDGETS, 0.5)])
        starts = start.repeat(N_BUDGETS, axis=0)
        sums, new = self._attributes.sums, known[:0]
        for rows in anneal(self._landscape(learned.merit), limits, starts, self._rng, QUICK):
            best = others(rows, np.concatenate([known, new]))[:N_OF_EACH]
            new = np.concatenate([new, best[farthest(sums(best), sums(known), n // N_BUDGETS)]])
        return new

    def _cheapest(self, start: Places) -> Places:
        """The cheapest network that fits, ``(1, n_decisions)``, from one that does."""
        landscape = self._landscape(lambda rows: -self._price(rows))
        return anneal(landscape, np.array([[np.inf, 0.5]]), start, self._rng, QUICK)[0][:1]

    def _landscape(self, objective: Objective) -> Landscape:
        """Price and whether it does not fit are what is limited."""
        return Landscape(
            tuple(len(decision.options) for decision in self._decisions),
            objective,
            lambda rows: np.column_stack([self._price(rows), ~self._pool.fits_each(rows)]),
        )

    def _price(self, rows: Places) -> NDArray[np.float64]:
        return np.zeros(len(rows)) if self._terms.price is None else self._terms.price(rows)

    @cached_property
    def _attributes(self) -> Attributes:
        return self._terms.attributes or attributes_from(self._decisions, OptionsAsAttributes())

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self._pool, self._attributes.sums, uniform(self._decisions), self._rng)

    @property
    def _identity(self) -> Identity:
        settings = asdict(self._settings) | {"n_asks": self._terms.n_asks}
        return identity_of("foxnas", self._decisions, settings)
