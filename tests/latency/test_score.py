"""Figures of a prediction against numbers worked out by hand."""

import math

import numpy as np
import pytest

from hwnas.latency import LatencyScore, score


def scored(predicted_ms: list[float], measured_ms: list[float]) -> LatencyScore:
    return score(np.array(predicted_ms), np.array(measured_ms))


def test_errors_are_relative_to_the_measurement() -> None:
    found = scored([104, 92, 260, 400], [100, 100, 200, 400])  # 4, 8, 30 and 0 per cent off
    assert found.mape == pytest.approx(10.5)
    assert found.rmspe == pytest.approx(math.sqrt((16 + 64 + 900) / 4))
    assert found.worst == pytest.approx(30)


def test_shares_within_five_and_ten_per_cent_are_counted() -> None:
    found = scored([104, 92, 260, 400], [100, 100, 200, 400])
    assert (found.n_networks, found.within_5, found.within_10) == (4, 50, 75)


def test_exactly_five_per_cent_is_within() -> None:
    assert scored([105], [100]).within_5 == 100


def test_a_tie_shortens_tau_b() -> None:
    found = scored([1, 1, 2], [1, 2, 3])  # two pairs agree, one is tied in the predictions
    assert found.kendall_tau == pytest.approx(2 / math.sqrt(2 * 3))


def test_a_reversed_ranking_has_tau_minus_one() -> None:
    assert scored([3, 2, 1], [1, 2, 3]).kendall_tau == pytest.approx(-1)


@pytest.mark.parametrize(("predicted", "measured"), [([1.0], [1.0]), ([1, 1], [1, 2])])
def test_a_ranking_that_does_not_exist_is_unknown(
    predicted: list[float], measured: list[float]
) -> None:
    assert scored(predicted, measured).kendall_tau is None


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan])
def test_a_measurement_that_is_not_positive_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        scored([1.0, 1.0], [1.0, wrong])


def test_one_swapped_pair_of_three_gives_a_third() -> None:
    found = score(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert found.kendall_tau == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("predicted", "measured"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0])]
)
def test_pairs_that_cannot_be_scored_are_refused(
    predicted: list[float], measured: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"pair up|positive"):
        score(np.array(predicted), np.array(measured))
