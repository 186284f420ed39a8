"""Many models timed in turn, so that a slow minute of the machine hits all of them alike."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import RoundsPlan
from hwnas.measure.visit import (
    Visit,
    Visits,
    believed,
    low_ms,
    quiet_reference,
    summary,
    undisturbed,
)

Key = TypeVar("Key", bound=Hashable)


class Timer(Protocol):
    """A model loaded on its device, ready to be timed again and again."""

    @property
    def provenance(self) -> Provenance:
        """What its latencies are."""
        ...

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        """Warm up, then time single runs: ``(n_runs,)`` milliseconds.

        Raises:
            MeasurementError: The device fails.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RoundsDone:
    """How far the rounds are; of the ``n_needed`` visits the plan asks for, ``n_done`` count."""

    n_done: int
    n_needed: int
    n_models: int
    n_settled: int
    n_disturbed: int
    n_made: int

    @property
    def disturbed_share(self) -> float:
        """Of all visits made, 0 to 1."""
        return self.n_disturbed / self.n_made


def time_in_rounds(
    timers: Mapping[Key, Timer],
    reference: Timer,
    plan: RoundsPlan,
    *,
    known: Mapping[Key, Visits],
    on_visit: Callable[[Key, Visit], None],
    on_round: Callable[[RoundsDone], None],
) -> dict[Key, Measurement]:
    """Visit the models round by round, in random order, until each median is believed.

    The reference is timed between visits: where it was slow, or the model slower than at its
    other visits, another process or the clock was at work, and the visit is made again in a later
    round instead of being corrected.

    Args:
        timers: The models.
        reference: The model to tell a quiet machine by.
        plan: Runs a visit, rounds, and when a median is believed.
        known: Visits of an earlier sitting, which count.
        on_visit: Told of every visit, so that none is lost.
        on_round: Told after every round.

    Raises:
        MeasurementError: The device fails.
    """
    visits = {key: list(known.get(key, ())) for key in timers}
    rng = np.random.default_rng(0)
    while waiting := _waiting(visits, plan):
        before_ms = _glance_ms(reference, plan)
        for place in rng.permutation(len(waiting)):
            key = waiting[int(place)]
            runs_ms = timers[key].visit(plan)
            runs = summarize(runs_ms, timers[key].provenance)
            after_ms = _glance_ms(reference, plan)
            visit = Visit(
                low_ms=low_ms(runs_ms),
                p90_ms=runs.p90_ms,
                min_ms=runs.min_ms,
                mad_ms=runs.mad_ms,
                n_runs=runs.n_runs,
                reference_ms=min(before_ms, after_ms),
            )
            before_ms = after_ms
            visits[key].append(visit)
            on_visit(key, visit)
        on_round(_done(visits, plan))
    quiet_ms = _quiet_ms(visits)
    return {
        key: summary(made, quiet_ms, plan, timers[key].provenance) for key, made in visits.items()
    }


def _waiting(visits: Mapping[Key, Visits], plan: RoundsPlan) -> list[Key]:
    quiet_ms = _quiet_ms(visits)
    return [
        key
        for key, made in visits.items()
        if len(made) < plan.max_rounds and not believed(made, quiet_ms, plan)
    ]


def _done(visits: Mapping[Key, Visits], plan: RoundsPlan) -> RoundsDone:
    quiet_ms = _quiet_ms(visits)
    n_made = sum(map(len, visits.values()))
    kept = [len(undisturbed(made, quiet_ms, plan)) for made in visits.values()]
    return RoundsDone(
        n_done=sum(min(n, plan.min_rounds) for n in kept),
        n_needed=len(visits) * plan.min_rounds,
        n_models=len(visits),
        n_settled=sum(believed(made, quiet_ms, plan) for made in visits.values()),
        n_disturbed=n_made - sum(kept),
        n_made=n_made,
    )


def _quiet_ms(visits: Mapping[Key, Visits]) -> float:
    return quiet_reference(chain.from_iterable(visits.values()))


def _glance_ms(reference: Timer, plan: RoundsPlan) -> float:
    """A quick look at the reference, which is warm from the last one."""
    glance = replace(plan, warmup_runs=1, warmup_s=0.0, visit_s=0.0)
    return low_ms(reference.visit(glance))
