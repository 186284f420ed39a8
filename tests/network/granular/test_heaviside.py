"""The step, its stand-in gradient, and that no group loses its last unit."""

import pytest
import torch

from hwnas.network.granular import heaviside, kept_units


@pytest.mark.parametrize(
    ("margin", "slope"), [(0.0, 2.0), (0.2, 1.2), (0.4, 0.4), (0.7, 0.4), (1.0, 0.4), (1.1, 0.0)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_its_gradient_is_a_peak_with_a_long_tail(margin: float, slope: float, sign: int) -> None:
    margins = torch.tensor([sign * margin], dtype=torch.float64, requires_grad=True)
    heaviside(margins).backward()  # type: ignore[no-untyped-call]
    assert margins.grad is not None and margins.grad.item() == pytest.approx(slope)


def test_only_what_is_above_is_kept() -> None:
    assert heaviside(torch.tensor([-0.1, 0.0, 0.1])).tolist() == [0, 0, 1]


def test_what_is_dead_stays_so_above_its_threshold() -> None:
    alive = torch.tensor([True, False])
    assert kept_units(torch.tensor([0.1, 0.9]), alive).tolist() == [1, 0]


def test_the_best_of_those_alive_is_kept_where_all_are_below() -> None:
    alive = torch.tensor([True, True, False])
    assert kept_units(torch.tensor([-0.3, -0.2, -0.1]), alive).tolist() == [0, 1, 0]


def test_a_group_that_may_be_empty_is() -> None:
    alive = torch.ones(2, dtype=torch.bool)
    assert kept_units(torch.tensor([-0.3, -0.2]), alive, may_be_empty=True).tolist() == [0, 0]
