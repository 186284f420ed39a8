"""Networks from the worst to the best."""

import numpy as np

from hwnas.search.spanning import spanning


def test_they_span_what_random_networks_do_not() -> None:
    rng = np.random.default_rng(0)
    merits = [rng.normal(size=80) for _ in range(4)]
    rows = spanning(merits, 24, rng)
    totals = sum(merit[rows[:, at]] for at, merit in enumerate(merits))
    drawn = rng.integers(80, size=(24, 4))
    random = sum(merit[drawn[:, at]] for at, merit in enumerate(merits))
    assert len(np.unique(rows, axis=0)) == 24
    assert np.ptp(totals) > 1.5 * np.ptp(random)


def test_blocks_of_a_network_do_not_rank_alike() -> None:
    rng = np.random.default_rng(0)
    merits = [np.arange(80.0) for _ in range(4)]
    rows = spanning(merits, 200, rng)
    shared = np.asarray(np.corrcoef(rows, rowvar=False))[np.triu_indices(4, 1)]
    assert np.all((shared > 0.1) & (shared < 0.6))


def test_of_a_small_space_all_are_taken() -> None:
    rows = spanning([np.arange(2.0), np.arange(2.0)], 9, np.random.default_rng(0))
    assert len(np.unique(rows, axis=0)) == 4
