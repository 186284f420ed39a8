"""Rank measures against pairs counted one by one, and their intervals."""

from itertools import combinations

import numpy as np
import pytest

from hwnas.accuracy.ranking import (
    Values,
    concordant_share,
    kendall_tau,
    pearson_r,
    precision_at_top,
    ranking,
    spearman_rho,
    with_interval,
)

TRUTH = np.arange(20.0)
RNG = np.random.default_rng(0)


def counted_concordance(expected: Values, truth: Values) -> float:
    points, pairs = 0.0, 0
    for i, j in combinations(range(len(truth)), 2):
        if truth[i] != truth[j]:
            agreement = np.sign(expected[i] - expected[j]) * np.sign(truth[i] - truth[j])
            points, pairs = points + (1 + agreement) / 2, pairs + 1
    return points / pairs


def test_the_same_order_is_perfect() -> None:
    found = ranking(TRUTH**2, TRUTH, np.random.default_rng(0))
    figures = (found.kendall, found.spearman, found.concordant, *found.top.values())
    assert [figure.value for figure in figures] == pytest.approx([1.0] * 6)
    assert (found.kendall.low, found.kendall.high) == pytest.approx((1.0, 1.0))
    assert found.pearson.value is not None and found.pearson.value < 1


def test_the_opposite_order_is_the_worst() -> None:
    assert kendall_tau(-TRUTH, TRUTH) == spearman_rho(-TRUTH, TRUTH) == pytest.approx(-1)
    assert concordant_share(-TRUTH, TRUTH) == pytest.approx(0)
    assert precision_at_top(-TRUTH, TRUTH, share=0.2) == 0


@pytest.mark.parametrize("seed", range(5))
def test_concordance_is_that_of_counted_pairs_also_among_equals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected, truth = (rng.integers(0, 6, 30).astype(float) for _ in range(2))
    assert concordant_share(expected, truth) == pytest.approx(counted_concordance(expected, truth))


def test_spearman_is_pearson_of_ranks() -> None:
    expected, truth = np.array([1.0, 10, 100, 1000]), np.array([1.0, 3, 2, 4])
    assert spearman_rho(expected, truth) == pytest.approx(0.8)
    assert pearson_r(truth, truth) == pytest.approx(1)


def test_precision_counts_the_expected_best_that_are_best() -> None:
    expected = TRUTH.copy()
    expected[[19, 0]] = expected[[0, 19]]
    assert precision_at_top(expected, TRUTH, share=0.2) == 0.75
    assert precision_at_top(expected, TRUTH, share=0.05) == 0.0


def test_an_interval_holds_the_figure_and_narrows_with_more_networks() -> None:
    widths = []
    for n in (50, 800):
        truth = RNG.normal(size=n)
        found = ranking(truth + RNG.normal(size=n), truth, np.random.default_rng(1)).kendall
        assert found.value is not None and found.low is not None and found.high is not None
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2.5


def test_an_interval_holds_the_true_correlation_about_as_often_as_it_says() -> None:
    n_held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=60)
        expected = 0.6 * truth + 0.8 * rng.normal(size=60)  # their correlation is 0.6
        found = with_interval(pearson_r, expected, truth, rng.integers(60, size=(300, 60)))
        assert found.low is not None and found.high is not None
        n_held += found.low <= 0.6 <= found.high
    assert n_held >= 34


def test_figures_that_are_undefined_are_unknown() -> None:
    found = ranking(np.ones(5), np.arange(5.0), np.random.default_rng(0))
    assert found.kendall.value is None and found.pearson.value is None
    assert found.concordant.value == 0.5


def test_equal_seeds_give_equal_intervals() -> None:
    one, other = (ranking(TRUTH % 7, TRUTH, np.random.default_rng(3)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((1,), (1,)), ((2, 2), (2, 2))])
def test_what_cannot_be_ranked_is_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    expected, truth = (np.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match="no pairs to rank"):
        ranking(expected, truth, np.random.default_rng(0))
