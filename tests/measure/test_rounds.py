"""Models in turn: who is visited how often, what a disturbance does, and when to stop."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.measure import Measurement, Provenance, RoundsDone, RoundsPlan, Visit, time_in_rounds
from hwnas.measure.visit import half_interval, halves_ms

PLAN = RoundsPlan(min_rounds=8, max_rounds=40)


class Clock:
    """A machine whose speed and noise a test decides; ``now`` counts visits to anything."""

    def __init__(self, slowdown: Callable[[int], float] = lambda _: 1.0) -> None:
        self.now = 0
        self._slowdown = slowdown

    def timer(self, latency_ms: float, noise: float = 0.0) -> "ClockTimer":
        return ClockTimer(self, latency_ms, noise)

    def tick(self) -> float:
        self.now += 1
        return self._slowdown(self.now)


class ClockTimer:
    provenance = Provenance.SIMULATED

    def __init__(self, clock: Clock, latency_ms: float, noise: float) -> None:
        self._clock = clock
        self._latency_ms = latency_ms
        self._rng = np.random.default_rng(0)
        self._noise = noise
        self.n_visits = 0

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        self.n_visits += 1
        noise = 1 + self._noise * self._rng.random()
        return np.full(plan.min_runs, self._latency_ms * self._clock.tick() * noise)


def run(
    timers: Mapping[str, ClockTimer],
    reference: ClockTimer,
    plan: RoundsPlan = PLAN,
    **options: Any,  # noqa: ANN401
) -> dict[str, Measurement]:
    given: dict[str, Any] = {"known": {}, "on_visit": lambda *_: None, "on_round": lambda _: None}
    return time_in_rounds(timers, reference, plan, **(given | options))


def test_a_quiet_machine_is_believed_after_the_fewest_rounds() -> None:
    clock = Clock()
    timers = {"a": clock.timer(1.0), "b": clock.timer(3.0)}
    found = run(timers, clock.timer(0.5))
    assert {key: row.median_ms for key, row in found.items()} == {"a": 1.0, "b": 3.0}
    assert [timer.n_visits for timer in timers.values()] == [8, 8]
    assert all(row.settled and row.n_rounds == 8 for row in found.values())


def test_only_what_is_not_believed_is_visited_again() -> None:
    clock = Clock()
    timers = {"calm": clock.timer(1.0), "restless": clock.timer(1.0, noise=0.04)}
    found = run(timers, clock.timer(0.5))
    assert timers["calm"].n_visits == 8
    assert 8 < timers["restless"].n_visits < 40
    assert found["restless"].settled and (found["restless"].half_interval or 1) <= 0.01


def test_what_is_never_believed_is_marked_at_the_cap() -> None:
    clock = Clock()
    timer = clock.timer(1.0, noise=1.0)
    row = run({"wild": timer}, clock.timer(0.5))["wild"]
    assert timer.n_visits == 40 and not row.settled and (row.half_interval or 0) > 0.01


def test_a_neighbour_for_a_third_of_the_time_moves_no_row() -> None:
    """Another process halves the speed from the first visit on; no row notices."""
    clock = Clock(lambda now: 1.5 if now < 25 else 1.0)
    timers = {str(ms): clock.timer(ms) for ms in (1.0, 2.0, 5.0, 7.0)}
    done: list[RoundsDone] = []
    found = run(timers, clock.timer(0.5), on_round=done.append)
    assert {float(key): row.median_ms for key, row in found.items()} == {
        ms: ms for ms in (1.0, 2.0, 5.0, 7.0)
    }
    assert done[-1].n_disturbed > 0


def test_work_that_comes_and_goes_between_looks_at_the_reference_moves_no_row() -> None:
    """Every fifth tick is slow; a model's own other visits tell."""
    clock = Clock(lambda now: 1.4 if now % 5 == 0 else 1.0)
    timers = {str(ms): clock.timer(ms) for ms in (1.0, 2.0, 5.0)}
    found = run(timers, clock.timer(0.5))
    assert {key: row.median_ms for key, row in found.items()} == {"1.0": 1, "2.0": 2, "5.0": 5}
    assert all(row.settled for row in found.values())


def test_a_model_that_was_slow_at_every_visit_is_told_by_the_reference() -> None:
    clock = Clock()
    slow = [Visit(low_ms=1.5, p90_ms=1.5, min_ms=1.5, mad_ms=0.0, n_runs=5, reference_ms=0.75)] * 8
    timers = {"a": clock.timer(1.0), "b": clock.timer(1.0)}
    found = run(timers, clock.timer(0.5), known={"a": slow})
    assert found["a"].median_ms == 1.0 and found["a"].n_rounds == 8


def test_visits_of_an_earlier_sitting_count() -> None:
    clock = Clock()
    earlier = [
        Visit(low_ms=1.0, p90_ms=1.0, min_ms=1.0, mad_ms=0.0, n_runs=5, reference_ms=0.5)
    ] * 6
    timer = clock.timer(1.0)
    found = run({"a": timer}, clock.timer(0.5), known={"a": earlier})
    assert timer.n_visits == 2 and found["a"].n_rounds == 8


def test_every_visit_is_told_with_its_reference() -> None:
    clock, told = Clock(), list[tuple[str, Visit]]()
    run({"a": clock.timer(2.0)}, clock.timer(0.5), on_visit=lambda *what: told.append(what))
    assert len(told) == 8
    assert {(key, visit.low_ms, visit.reference_ms) for key, visit in told} == {("a", 2.0, 0.5)}


def test_progress_counts_the_visits_that_the_plan_needs() -> None:
    clock, done = Clock(), list[RoundsDone]()
    run({"a": clock.timer(1.0), "b": clock.timer(1.0)}, clock.timer(1.0), on_round=done.append)
    assert [step.n_done for step in done] == [2, 4, 6, 8, 10, 12, 14, 16]
    assert done[-1].n_needed == 16 and done[-1].n_settled == 2


def test_the_interval_covers_the_true_median_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1000):
        medians = rng.normal(1.0, 0.02, 25)
        median = float(np.median(medians))
        covered += abs(median - 1.0) <= half_interval(medians) * median
    assert covered >= 925


def visits_of(*lows_ms: float) -> list[Visit]:
    return [
        Visit(low_ms=ms, p90_ms=ms, min_ms=ms, mad_ms=0.0, n_runs=9, reference_ms=1.0)
        for ms in lows_ms
    ]


def test_halves_are_every_other_undisturbed_visit() -> None:
    visits = visits_of(1.00, 1.01, 5.0, 1.02, 1.03)
    assert halves_ms(visits, 1.0, PLAN) == pytest.approx((1.01, 1.02))


def test_one_visit_has_no_halves() -> None:
    with pytest.raises(ValueError, match="got 1"):
        halves_ms(visits_of(1.0), 1.0, PLAN)


@pytest.mark.parametrize(
    "wrong",
    [{"min_runs": 2}, {"warmup_runs": 0}, {"min_rounds": 9, "max_rounds": 8}, {"tolerance": 0.0}],
)
def test_a_plan_that_cannot_be_kept_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="got"):
        RoundsPlan(**wrong)
