"""The controller: faster pruning weakens it, slower strengthens it until it is capped."""

import pytest

from hwnas.train.mgas.strength import Strength, is_capped

BEGUN = Strength.begun(1e-3, 2.0, 100.0)


def test_it_begins_at_nothing() -> None:
    assert BEGUN.value == 0


def test_too_little_lets_it_grow_by_growing_steps() -> None:
    once = BEGUN.after(0, 1, is_capped=False)
    twice = once.after(0, 1, is_capped=False)
    assert (once.value, twice.value) == pytest.approx((4e-3, 4e-3 + 16e-3))


def test_twice_the_pace_halves_it_and_its_step_begins_anew() -> None:
    grown = BEGUN.after(0, 1, is_capped=False).after(0, 1, is_capped=False)
    weakened = grown.after(2, 1, is_capped=False)
    assert weakened.value == pytest.approx(grown.value / 2)
    assert weakened.step == BEGUN.first_step


def test_between_pace_and_twice_the_pace_it_stays() -> None:
    grown = BEGUN.after(0, 1, is_capped=False)
    assert grown.after(1.5, 1, is_capped=False) == grown


def test_it_does_not_grow_where_it_is_capped() -> None:
    assert BEGUN.after(0, 1, is_capped=True) == BEGUN


def test_the_global_phase_may_press_twice_as_hard() -> None:
    assert is_capped(1.0, 1.5, 1.0) and not is_capped(1.0, 1.5, 0.5)
