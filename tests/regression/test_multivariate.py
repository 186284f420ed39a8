"""Multivariate regression: what it finds in data whose law is known, and in published data."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.regression import ArchitectureRegression, kendall_tau, learn
from hwnas.space import Attribute

SHARED = Path(__file__).parents[2].parent / "shared/data"
READER = Path(__file__).parents[2] / "benchmarks/foxnas/published.py"
NAMES = tuple(Attribute(f"stage{n}", name) for n in (1, 2) for name in ("width", "first kernel"))
RNG = np.random.default_rng(0)
SUMS = RNG.integers(1, 6, size=(120, len(NAMES))).astype(float)
LAW = 3 * SUMS[:, 0] + SUMS[:, 1] * SUMS[:, 0] - 2 * SUMS[:, 3]


def test_a_law_of_products_is_found() -> None:
    learned = learn(NAMES, SUMS, LAW, "latency")
    unseen = RNG.integers(1, 6, size=(50, len(NAMES))).astype(float)
    truth = 3 * unseen[:, 0] + unseen[:, 1] * unseen[:, 0] - 2 * unseen[:, 3]
    assert learned.predict(unseen) == pytest.approx(truth, abs=0.05)
    assert learned.quality.r2 > 0.999


def test_terms_that_do_not_matter_drop_out() -> None:
    learned = learn(NAMES, SUMS, 3 * SUMS[:, 0], "latency")
    ((term, coefficient), *rest) = learned.coefficients
    assert term == (NAMES[0],) and coefficient == pytest.approx(1.0, abs=0.01)
    assert all(abs(other) < 0.01 for _, other in rest)


def test_accuracies_that_saturate_are_ranked_better_by_their_ranks() -> None:
    saturating = 0.94 - np.exp(-LAW)
    learned = learn(NAMES, SUMS, saturating, "accuracy")
    assert learned.scale_name == "normal scores of its ranks"
    assert learned.quality.kendall_tau > 0.95
    assert (np.diff(learned.predict(SUMS)[np.argsort(learned.merit(SUMS))]) >= 0).all()


def test_bounds_hold_nine_of_ten_networks_that_were_not_seen() -> None:
    noisy = LAW + RNG.normal(0, 2, size=len(LAW))
    learned = learn(NAMES, SUMS[:80], noisy[:80], "latency")
    found = learned.predict_bounds(SUMS[80:])
    held = (found.low <= noisy[80:]) & (noisy[80:] <= found.high)
    assert 0.75 < held.mean() <= 1 and (found.high > found.low).all()
    assert found.values == pytest.approx(learned.predict(SUMS[80:]))


def test_a_refit_keeps_the_terms() -> None:
    learned = learn(NAMES, SUMS, LAW, "latency")
    again = learned.refitted(SUMS[:60], 2 * LAW[:60])
    assert again.term_set == learned.term_set
    assert again.predict(SUMS[60:]) == pytest.approx(2 * LAW[60:], abs=0.5)


@pytest.mark.parametrize(("n", "values"), [(10, LAW[:10]), (40, np.ones(40))])
def test_too_few_or_equal_networks_are_refused(n: int, values: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="say too little"):
        learn(NAMES, SUMS[:n], values, "accuracy")


def test_equal_predictions_tell_nothing() -> None:
    assert kendall_tau(np.ones(3), np.arange(3.0)) == -1


@pytest.fixture(scope="module")
def published() -> Any:  # noqa: ANN401 - a benchmark's value
    path = SHARED / "foxnas_cpu256_acc_latency.csv"
    if not path.is_file():
        pytest.skip(f"needs {path.name}")
    return runpy.run_path(str(READER))["read_published"](path)


def test_the_authors_networks_are_predicted_better_than_by_their_formulas(
    published: Any,  # noqa: ANN401
) -> None:
    """Theirs, 10-fold: latency tau 0.926, MAPE 1.6 %; accuracy tau 0.869."""
    attributes, rows = published.attributes, published.rows
    latency = ArchitectureRegression.of(attributes, rows, published.latencies_ms, "latency")
    quality = latency.learned.quality
    assert quality.kendall_tau >= 0.93 and quality.mape <= 1.6
    accuracy = ArchitectureRegression.of(attributes, rows, published.accuracies, "accuracy")
    assert accuracy.learned.quality.kendall_tau >= 0.87
