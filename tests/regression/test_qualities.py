"""Accuracy from the qualities of blocks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.regression import kendall_tau
from hwnas.regression.qualities import SECOND_ORDER, SIMPLE, QualityRegression

RNG = np.random.default_rng(0)
NOISE = [np.exp(RNG.normal(size=60) - 1) for _ in range(4)]
MEASURES = {"noise": NOISE, "log noise": [np.log(noise) for noise in NOISE]}
ROWS = RNG.integers(60, size=(80, 4))
LOGS = np.stack([np.log(noise)[ROWS[:, at]] for at, noise in enumerate(NOISE)], axis=1)


def accuracies(spread: float = 0.004) -> NDArray[np.float64]:
    noise = spread * np.random.default_rng(1).normal(size=len(ROWS))
    found: NDArray[np.float64] = 0.9 - LOGS @ np.array([0.02, 0.03, 0.01, 0.02]) + noise
    return found


def test_twenty_networks_order_the_others() -> None:
    known = accuracies()
    learned = QualityRegression.learn(MEASURES, ROWS[:20], known[:20])
    assert kendall_tau(learned.predict(ROWS[20:]), known[20:]) > 0.85
    assert learned.fit.measure == "log noise" and learned.fit.n_networks == 20
    assert learned.fit.tau_low <= learned.fit.kendall_tau <= learned.fit.tau_high


def test_second_order_terms_come_in_where_they_help() -> None:
    simple = QualityRegression.learn(MEASURES, ROWS[:40], accuracies()[:40])
    curved = 0.9 - 0.05 * LOGS[:, 0] * LOGS[:, 1] - 0.02 * LOGS[:, 2]
    assert simple.fit.order == SIMPLE
    assert QualityRegression.learn(MEASURES, ROWS[:40], curved[:40]).fit.order == SECOND_ORDER


@pytest.mark.parametrize("n", [5, 20])
def test_what_tells_nothing_of_others_is_refused(n: int) -> None:
    known = np.full(n, 0.5) if n == 20 else accuracies()[:n]
    with pytest.raises(ValueError, match="tell nothing of others"):
        QualityRegression.learn(MEASURES, ROWS[:n], known)
