"""Average ranks, ties shared."""

from collections.abc import Callable

import numpy as np
import pytest

from hwnas.accuracy.proxies import WORST_SCORE, RankAverage, ZeroCostSource, average_ranks
from hwnas.accuracy.proxies.ensemble import N_REFERENCES
from hwnas.space import Architecture, Space, random_architecture


def test_ranks_are_averaged_over_proxies() -> None:
    scores = {"one": np.array([10.0, 20.0, 30.0]), "other": np.array([3e9, 1e9, 2e9])}
    assert average_ranks(scores).tolist() == [2.0, 1.5, 2.5]


def test_equal_scores_share_their_ranks() -> None:
    assert average_ranks({"one": np.array([5.0, 1.0, 5.0, 5.0])}).tolist() == [3, 1, 3, 3]


def test_failed_networks_share_the_lowest_ranks() -> None:
    scores = np.array([WORST_SCORE, 0.0, WORST_SCORE, -1e300])
    assert average_ranks({"one": scores}).tolist() == [1.5, 4, 1.5, 3]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        average_ranks({"one": np.array([1.0, np.nan])})


def test_proxies_score_the_same_networks() -> None:
    with pytest.raises(ValueError, match=r"lengths \[1, 2\]"):
        average_ranks({"one": np.array([1.0]), "other": np.array([1.0, 2.0])})


def test_no_proxy_has_no_ranks() -> None:
    with pytest.raises(ValueError, match=r"lengths \[\]"):
        average_ranks({})


class Told(ZeroCostSource):
    """A source whose scores are made of the architecture."""

    def __init__(self, score: Callable[[Architecture], float]) -> None:
        self._told = score

    def score(self, architecture: Architecture) -> float:
        return self._told(architecture)


def n_large(architecture: Architecture) -> float:
    return float(sum("k5" in choice for choice in architecture.choices))


LARGEST = Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))
SMALLEST = Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))


def test_a_rank_counts_the_random_networks_below_and_half_of_the_equal(
    small_space: Space,
) -> None:
    rng = np.random.default_rng(3)
    drawn = [n_large(random_architecture(small_space, rng)) for _ in range(N_REFERENCES)]
    worth = RankAverage(small_space, [Told(n_large)], np.random.default_rng(3))
    for architecture in (LARGEST, SMALLEST):
        score = n_large(architecture)
        assert worth(architecture) == sum(d < score for d in drawn) + drawn.count(score) / 2


def test_ranks_by_two_sources_that_disagree_meet_in_the_middle(small_space: Space) -> None:
    sources = [Told(n_large), Told(lambda a: -1e9 * n_large(a))]
    both = RankAverage(small_space, sources, np.random.default_rng(3))
    assert both(LARGEST) == both(SMALLEST) == N_REFERENCES / 2
