"""Average ranks, ties shared."""

import numpy as np
import pytest

from hwnas.accuracy.proxies import WORST_SCORE, average_ranks


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
