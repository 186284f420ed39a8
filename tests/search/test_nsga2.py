"""NSGA-II against fronts that are known by enumeration."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from hwnas.search.annealing import Matrix
from hwnas.search.nsga2 import Nsga2Settings, Objectives, nsga2, undominated
from hwnas.search.pool import Places

SIZES = (9, 7, 8, 5)
NO_STARTS = np.zeros((0, len(SIZES)), dtype=np.int64)


def all_rows() -> Places:
    return np.array(list(itertools.product(*map(range, SIZES))))


def sums(n_objectives: int, sizes: Sequence[int] = SIZES, seed: int = 0) -> Objectives:
    """Sums over decisions: the better an option, the dearer, on the whole."""
    rng = np.random.default_rng(seed)
    worth = [rng.normal(size=n) for n in sizes]
    costs = [
        [np.exp(0.6 * w + 0.4 * rng.normal(size=len(w))) for w in worth]
        for _ in range(n_objectives - 1)
    ]

    def total(tables: Sequence[Matrix], rows: Places) -> Matrix:
        summed: Matrix = np.sum([table[rows[:, at]] for at, table in enumerate(tables)], axis=0)
        return summed

    def objectives(rows: Places) -> Matrix:
        return np.column_stack([-total(worth, rows), *(total(cost, rows) for cost in costs)])

    return objectives


def nothing_over(rows: Places) -> Matrix:
    return np.full((len(rows), 1), -1.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_front_is_the_exhaustive_one(seed: int) -> None:
    objectives, rows = sums(2, seed=seed), all_rows()
    exact = rows[undominated(objectives(rows))]
    found = nsga2(SIZES, objectives, nothing_over, NO_STARTS, np.random.default_rng(seed))
    assert set(map(tuple, found.rows)) == set(map(tuple, exact))


def test_of_three_objectives_most_of_the_exhaustive_front_is_found() -> None:
    objectives, rows = sums(3), all_rows()
    exact = set(map(tuple, rows[undominated(objectives(rows))]))
    settings = Nsga2Settings(population=200, n_generations=200)
    found = nsga2(SIZES, objectives, nothing_over, NO_STARTS, np.random.default_rng(0), settings)
    assert len(exact & set(map(tuple, found.rows))) > 0.8 * len(exact)


def test_no_network_found_is_over_a_limit() -> None:
    objectives, rows = sums(2), all_rows()
    values = objectives(rows)
    limit = float(np.quantile(values[:, 1], 0.1))

    def excess(rows: Places) -> Matrix:
        return objectives(rows)[:, 1:] - limit

    found = nsga2(SIZES, objectives, excess, NO_STARTS, np.random.default_rng(0))
    assert (found.values[:, 1] <= limit).all()
    best = values[values[:, 1] <= limit, 0].min()
    assert found.values[:, 0].min() == pytest.approx(best)


def test_limits_that_nothing_keeps_are_told() -> None:
    with pytest.raises(ValueError, match="keeps the limits"):
        nsga2(
            SIZES,
            sums(2),
            lambda rows: np.ones((len(rows), 1)),
            NO_STARTS,
            np.random.default_rng(0),
            Nsga2Settings(n_generations=2),
        )


def test_another_front_is_where_it_begins() -> None:
    objectives, rows = sums(2), all_rows()
    exact = rows[undominated(objectives(rows))]
    short = Nsga2Settings(n_generations=1)
    found = nsga2(SIZES, objectives, nothing_over, exact, np.random.default_rng(0), short)
    assert set(map(tuple, exact)) <= set(map(tuple, found.rows))


def test_hypervolume_never_falls_from_one_generation_to_the_next() -> None:
    found = nsga2(SIZES, sums(2), nothing_over, NO_STARTS, np.random.default_rng(0))
    volumes = found.hypervolumes
    assert len(volumes) == Nsga2Settings().n_generations
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(volumes))
    assert volumes[0] < volumes[-1] < 1
