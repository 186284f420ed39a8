"""Scales: rising, and back again."""

import numpy as np
import pytest

from hwnas.regression.scale import Identity, NormalScores

VALUES = np.array([0.3, 0.8, 0.9, 0.91, 0.92, 0.92, 0.925, 0.93, 0.931, 0.94])


@pytest.mark.parametrize("scale", [Identity, NormalScores])
def test_there_and_back(scale: type[Identity] | type[NormalScores]) -> None:
    learned = scale.of(VALUES)
    assert learned.back(learned.there(VALUES)) == pytest.approx(VALUES)


def test_normal_scores_are_centred_and_spread_as_a_normal_distribution() -> None:
    scores = NormalScores.of(VALUES).there(VALUES)
    assert scores.mean() == pytest.approx(0, abs=1e-9) and 0.8 < scores.std() < 1.05


def test_beyond_the_best_the_scale_goes_on_rising() -> None:
    scale = NormalScores.of(VALUES)
    top = scale.there(VALUES).max()
    beyond = scale.back(np.array([top, top + 0.5, top + 1.0]))
    assert beyond[0] == pytest.approx(0.94) and (np.diff(beyond) > 0).all()
    below = scale.back(scale.there(VALUES).min() - np.array([0.0, 1.0]))
    assert below[1] < below[0]
