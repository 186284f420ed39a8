"""How far expected accuracies order networks as their true accuracies do, and how sure that is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

TOP_SHARES = (0.05, 0.1, 0.2)
"""Which shares of the networks precision at the top is told for."""
N_RESAMPLES = 1000
CONFIDENCE = 0.95

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with the bounds of its 95 % confidence interval; unknown where all are equal."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Agreement of two orders; 1 is the best of each figure, 0 or one half what chance gives.

    ``concordant`` is the share of pairs of different true accuracy that are ordered as they
    are in truth, half of those expected to be equal among them (one half by chance).
    ``top`` tells, for each share of the networks, how many of those expected to be best are
    truly among as many best (by chance: that share).
    """

    n_networks: int
    kendall: Estimate
    spearman: Estimate
    pearson: Estimate
    concordant: Estimate
    top: Mapping[str, Estimate]


def ranking(expected: Values, truth: Values, rng: np.random.Generator) -> Ranking:
    """Compare ``(n,)`` expected accuracies with ``(n,)`` true ones.

    Intervals are percentiles of ``N_RESAMPLES`` bootstrap samples of the networks (Efron 1979):
    they tell what other networks would have changed, not what another supernet would have.

    Raises:
        ValueError: Different lengths, or fewer than two networks.
    """
    if expected.shape != truth.shape or expected.ndim != 1 or expected.size < 2:
        raise ValueError(f"shapes {expected.shape} and {truth.shape} are no pairs to rank")
    resamples = rng.integers(expected.size, size=(N_RESAMPLES, expected.size))

    def estimated(measure: Measure) -> Estimate:
        return with_interval(measure, expected, truth, resamples)

    return Ranking(
        n_networks=expected.size,
        kendall=estimated(kendall_tau),
        spearman=estimated(spearman_rho),
        pearson=estimated(pearson_r),
        concordant=estimated(concordant_share),
        top={f"{s:.0%}": estimated(partial(precision_at_top, share=s)) for s in TOP_SHARES},
    )


Measure = Callable[[Values, Values], float]
"""Of expected and true accuracies, ``(n,)`` each; no number where it is undefined."""


def kendall_tau(expected: Values, truth: Values) -> float:
    """Kendall's tau-b."""
    return float(stats.kendalltau(expected, truth).statistic)


def spearman_rho(expected: Values, truth: Values) -> float:
    """Spearman's rank correlation."""
    return pearson_r(stats.rankdata(expected), stats.rankdata(truth))


def pearson_r(expected: Values, truth: Values) -> float:
    """Pearson's correlation of the accuracies themselves."""
    if _all_equal(expected) or _all_equal(truth):
        return float("nan")
    return float(np.corrcoef(expected, truth)[0, 1])


def concordant_share(expected: Values, truth: Values) -> float:
    """The share of pairs in the true order, from tau-b in ``n log n`` steps.

    With ``C``, ``D`` and ``T`` the pairs that agree, disagree and are expected to be equal, among
    those that differ in truth: ``(C + T/2) / (C + D + T) = 1/2 + (C - D) / 2 (C + D + T)``.
    """
    differ_in_truth, differ_in_expected = _n_different_pairs(truth), _n_different_pairs(expected)
    if not differ_in_truth:
        return float("nan")
    if not differ_in_expected:
        return 0.5
    ratio = math.sqrt(differ_in_expected / differ_in_truth)
    return 0.5 + 0.5 * kendall_tau(expected, truth) * ratio


def precision_at_top(expected: Values, truth: Values, *, share: float) -> float:
    """The share of the expected best that are truly among the best; equals go by their place."""
    n_best = max(1, round(share * expected.size))
    found = np.argsort(-expected, kind="stable")[:n_best]
    best = np.argsort(-truth, kind="stable")[:n_best]
    return len(np.intersect1d(found, best)) / n_best


def with_interval(
    measure: Measure, expected: Values, truth: Values, resamples: NDArray[np.int64]
) -> Estimate:
    """A figure, and where the middle of it lies over ``(n_resamples, n)`` samples of rows."""
    value = measure(expected, truth)
    if np.isnan(value):
        return Estimate(None, None, None)
    drawn = np.array([measure(expected[rows], truth[rows]) for rows in resamples])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(drawn, (tail, 1 - tail))
    return Estimate(value, float(low), float(high))


def _n_different_pairs(values: Values) -> int:
    counts = np.unique(values, return_counts=True)[1]
    return int(values.size * (values.size - 1) - (counts * (counts - 1)).sum()) // 2


def _all_equal(values: Sequence[float] | Values) -> bool:
    return len(np.unique(values)) == 1
