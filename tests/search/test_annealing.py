"""Simulated annealing: within its limits always, and the best there is where that can be known."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.search import AnnealingSettings, Landscape, anneal
from hwnas.search.pool import Places

SIZES = (4, 3, 4, 2, 3)
EVERY = np.array(list(itertools.product(*map(range, SIZES))))
RNG = np.random.default_rng(1)
GAIN, COST = RNG.normal(size=(5, 4)), RNG.random((5, 4))
PAIR = RNG.normal(size=(4, 4))


def gain(rows: Places) -> NDArray[np.float64]:
    """No sum over decisions: two of them matter together."""
    alone: NDArray[np.float64] = GAIN[np.arange(5), rows].sum(axis=1)
    return alone + 2 * PAIR[rows[:, 0], rows[:, 2]]


def cost(rows: Places) -> NDArray[np.float64]:
    summed: NDArray[np.float64] = COST[np.arange(5), rows].sum(axis=1)
    return summed[:, None]


LANDSCAPE = Landscape(SIZES, gain, cost)
CHEAPEST = EVERY[[cost(EVERY)[:, 0].argmin()]]
LIMITS = np.quantile(cost(EVERY), np.linspace(0, 1, 30))[:, None]


SHORT = AnnealingSettings(steps_a_decision=200, n_restarts=12)


def annealed(seed: int = 0) -> list[Places]:
    starts = CHEAPEST.repeat(len(LIMITS), axis=0)
    return anneal(LANDSCAPE, LIMITS, starts, np.random.default_rng(seed), SHORT)


def test_it_finds_the_best_network_of_every_budget() -> None:
    for limit, rows in zip(LIMITS, annealed(), strict=True):
        best = gain(EVERY[(cost(EVERY) <= limit).all(axis=1)]).max()
        assert gain(rows[:1])[0] == pytest.approx(best)


def test_nothing_it_returns_is_over_its_limit() -> None:
    for limit, rows in zip(LIMITS, annealed(), strict=True):
        assert (cost(rows) <= limit).all()


def test_what_it_returns_is_distinct_and_best_first() -> None:
    rows = annealed()[-1]
    assert len(np.unique(rows, axis=0)) == len(rows) > 10
    assert (np.diff(gain(rows)) <= 0).all()


def test_equal_seeds_find_equal_networks() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(annealed(3), annealed(3), strict=True))


def test_a_start_over_its_limit_is_refused() -> None:
    dearest = EVERY[[cost(EVERY)[:, 0].argmax()]]
    with pytest.raises(ValueError, match="starts within the limits"):
        anneal(LANDSCAPE, LIMITS[:1], dearest, np.random.default_rng(0))


def test_a_change_is_another_option_and_fixed_decisions_stay() -> None:
    landscape = Landscape((3, 1, 2), gain, cost)
    rows = landscape.random(200, np.random.default_rng(0))
    changed = landscape.changed(rows, 2.0, np.random.default_rng(0))
    assert ((changed != rows).sum(axis=1) >= 1).all()
    assert (changed[:, 1] == 0).all() and (changed < [3, 1, 2]).all()


@pytest.mark.parametrize(
    "wrong", [{"steps_a_decision": 0}, {"coldest": 0.0}, {"coldest": 2.0}, {"most_changed": 0.5}]
)
def test_a_schedule_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got AnnealingSettings"):
        AnnealingSettings(**wrong)  # type: ignore[arg-type]
