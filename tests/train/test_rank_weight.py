"""The four schedules at named epochs, published and scaled."""

import math

import pytest

from hwnas.errors import UnknownNameError
from hwnas.train.rank_weight import RANK_WEIGHTS, rank_weight_named

PUBLISHED: dict[str, dict[float, float]] = {
    "constant": {0: 1, 35: 1, 69: 1},
    "warmup": {0: 0, 5: 0.5, 10: 1, 20: 2, 69: 2},
    "cosine": {0: 0, 35: 2 * math.sin(0.4 * math.pi), 43.75: 2, 70: 2 * math.sin(0.8 * math.pi)},
    "multi-stage": {0: 0, 5: 0, 12.5: 1, 20: 2, 35: 2, 50: 2, 60: 1.05, 70: 0.1},
}


@pytest.mark.parametrize("n_epochs", [70, 7, 250])
@pytest.mark.parametrize("name", RANK_WEIGHTS)
def test_weights_are_the_published_ones_at_the_same_share(name: str, n_epochs: int) -> None:
    for epoch, weight in PUBLISHED[name].items():
        scaled = epoch * n_epochs / 70
        assert rank_weight_named(name)(scaled / n_epochs) == pytest.approx(weight, abs=1e-12)


@pytest.mark.parametrize("name", RANK_WEIGHTS)
def test_no_weight_is_negative_or_above_two(name: str) -> None:
    assert all(0 <= RANK_WEIGHTS[name](done / 100) <= 2 for done in range(101))


def test_an_unknown_weight_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="No rank weight 'warm'; did you mean 'warmup'"):
        rank_weight_named("warm")
