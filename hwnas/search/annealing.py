"""Simulated annealing under hard limits, many chains at once.

As FOX-NAS searches its two regressions (Wu et al. 2021), with a temperature, which the released
code lacks: a worse network is accepted with probability exp(-loss / temperature) (Metropolis et
al. 1953; Kirkpatrick et al. 1983), and the temperature falls geometrically. A network over a
limit is never accepted, so no chain ever leaves what fits.
"""

import heapq
import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Places, variants

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Objective = Callable[[Places], Vector]
"""``(n, n_decisions)`` networks to ``(n,)`` values, more is better."""
Costs = Callable[[Places], Matrix | NDArray[np.bool_]]
"""The same networks to ``(n, n_prices)`` costs; infinite where a network must not be."""

N_LOOKED_AT = 500
"""Random networks whose deviation is the unit of temperature."""
N_KEPT = 1000
"""The most networks that are returned for a budget."""


@dataclass(frozen=True, kw_only=True)
class AnnealingSettings:
    """The schedule, the same for every chain; temperatures in deviations of random networks."""

    steps_a_decision: int = 800
    """For each decision that leaves a choice."""
    n_restarts: int = 32
    """Chains for each set of limits."""
    hottest: float = 0.3
    coldest: float = 0.005
    most_changed: float = 5.0
    """Decisions that a step changes at first, on average; at the end it is about one."""

    def __post_init__(self) -> None:
        if self.steps_a_decision < 1 or self.n_restarts < 1:
            raise ValueError(f"steps and restarts must be at least 1, got {self}")
        if not 0 < self.coldest <= self.hottest:
            raise ValueError(f"temperatures must fall and stay above 0, got {self}")
        if self.most_changed < 1:
            raise ValueError(f"a step changes one decision at least, got {self}")


DEFAULT_SCHEDULE = AnnealingSettings()


@dataclass(frozen=True)
class Landscape:
    """What is searched: how many options each decision has, what is good, and what it costs."""

    n_options: tuple[int, ...]
    objective: Objective
    costs: Costs

    def random(self, n: int, rng: np.random.Generator) -> Places:
        """``(n, n_decisions)`` uniformly."""
        return rng.integers(np.array(self.n_options), size=(n, len(self.n_options)))

    def changed(self, rows: Places, n_changed: float, rng: np.random.Generator) -> Places:
        """Each with about so many decisions chosen anew, one at least, always another option."""
        n = len(rows)
        free = np.flatnonzero(np.array(self.n_options) > 1)
        changes = np.zeros(rows.shape, dtype=bool)
        changes[:, free] = rng.random((n, len(free))) < (n_changed - 1) / len(free)
        changes[np.arange(n), rng.choice(free, n)] = True
        sizes = np.broadcast_to(np.array(self.n_options), rows.shape)
        other = (rows + 1 + rng.integers(np.maximum(sizes - 1, 1))) % sizes
        changed: Places = np.where(changes, other, rows)
        return changed

    def around(self, rows: Places) -> Places:
        """These networks and all that differ from one of them in a single decision."""
        return variants(rows, self.n_options).rows


def anneal(
    landscape: Landscape,
    limits: Matrix,
    starts: Places,
    rng: np.random.Generator,
    schedule: AnnealingSettings = DEFAULT_SCHEDULE,
) -> list[Places]:
    """The best networks within each set of limits, best first, all distinct.

    Args:
        landscape: The networks.
        limits: ``(n_limits, n_prices)``; each row is a budget of its own.
        starts: ``(n_limits, n_decisions)`` a network within each.
        rng: Where chance comes from.
        schedule: How long, and how hot.

    Returns:
        For each budget ``(n_found, n_decisions)``: the best of every chain and what fits near
        them, ``N_KEPT`` at most.

    Raises:
        ValueError: A start is over its limits.
    """
    if (landscape.costs(starts) > limits).any():
        raise ValueError("annealing starts within the limits, and this start is over them")
    chains = np.repeat(starts, schedule.n_restarts, axis=0)
    bounds = np.repeat(limits, schedule.n_restarts, axis=0)
    best = _run(landscape, bounds, chains, rng, schedule)
    found = []
    for budget, limit in enumerate(limits):
        mine = best[budget * schedule.n_restarts : (budget + 1) * schedule.n_restarts]
        found.append(_polished(landscape, limit, mine))
    return found


def _run(
    landscape: Landscape,
    limits: Matrix,
    rows: Places,
    rng: np.random.Generator,
    schedule: AnnealingSettings,
) -> Places:
    """The best network that each chain met."""
    objective = landscape.objective
    spread = float(objective(landscape.random(N_LOOKED_AT, rng)).std()) or 1.0
    n_steps = schedule.steps_a_decision * sum(n > 1 for n in landscape.n_options)
    temperatures = spread * np.geomspace(schedule.hottest, schedule.coldest, n_steps)
    n_changed = np.geomspace(schedule.most_changed, 1.0, n_steps)
    values = objective(rows)
    best, best_values = rows.copy(), values.copy()
    for temperature, n in zip(temperatures, n_changed, strict=True):
        tried = landscape.changed(rows, n, rng)
        fits = (landscape.costs(tried) <= limits).all(axis=1)
        gains = np.full(len(rows), -np.inf)
        gains[fits] = objective(tried[fits]) - values[fits]
        taken = np.log(rng.random(len(rows))) < gains / temperature
        rows[taken] = tried[taken]
        values[taken] += gains[taken]
        better = values > best_values
        best[better], best_values[better] = rows[better], values[better]
    return best


def _polished(landscape: Landscape, limit: Vector, rows: Places) -> Places:
    """Climb from the best to where no change of two decisions helps; what was met, best first."""
    seen = _fitting(landscape, limit, landscape.around(rows))
    while True:
        best = max(seen, key=seen.__getitem__)
        pairs = landscape.around(landscape.around(np.array([best])))
        near = _fitting(landscape, limit, pairs)
        seen |= dict(heapq.nlargest(N_KEPT, near.items(), key=operator.itemgetter(1)))
        if max(near.values()) <= seen[best]:
            break
    ordered = sorted(seen, key=lambda row: (-seen[row], row))
    return np.array(ordered[:N_KEPT], dtype=np.int64)


def _fitting(landscape: Landscape, limit: Vector, rows: Places) -> dict[tuple[int, ...], float]:
    """What those that fit are worth."""
    rows = np.unique(rows, axis=0)
    rows = rows[(landscape.costs(rows) <= limit).all(axis=1)]
    return dict(zip(map(tuple, rows.tolist()), landscape.objective(rows).tolist(), strict=True))
