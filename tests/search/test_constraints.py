import math

import pytest

from hwnas.block import DispatchSpec, HeadSpec
from hwnas.search import Budget

HEAD = HeadSpec(input_size=4, in_channels=8, hidden_channels=16, n_classes=2, activation="relu")


def test_a_budget_prices_what_it_limits_and_nothing_else() -> None:
    constraints = Budget(latency_ms=2.5, n_macs=10**6).constraints(lambda block: 0.25)
    assert [(c.name, c.price(HEAD), c.limit) for c in constraints] == [
        ("latency_ms", 0.25, 2.5),
        ("n_macs", HEAD.n_macs, 10**6),
    ]


def test_parameters_are_the_blocks_own_count() -> None:
    (constraint,) = Budget(n_parameters=1000).constraints(lambda block: 0.0)
    assert constraint.price(HEAD) == HEAD.n_parameters
    assert constraint.price(DispatchSpec()) == 0


def test_an_empty_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="a budget needs"):
        Budget()


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_is_finite_and_positive(limit: float) -> None:
    with pytest.raises(ValueError, match="latency_ms must be finite and positive"):
        Budget(latency_ms=limit)
