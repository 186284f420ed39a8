import math

import pytest

from hwnas.search import Budget


def test_an_empty_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="a budget needs"):
        Budget()


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_is_finite_and_positive(limit: float) -> None:
    with pytest.raises(ValueError, match="latency_ms must be finite and positive"):
        Budget(latency_ms=limit)
