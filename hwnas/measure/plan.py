"""How often a model is run before its median is believed."""

from dataclasses import dataclass

from hwnas.record import said


@dataclass(frozen=True, kw_only=True)
class MeasurePlan:
    """One model in one go: warm-up and timing each last until both of their floors are reached.

    Every run is timed by itself. ``max_s`` bounds the timing of one model whatever ``min_runs``
    says, so that a slow network does not take minutes.
    """

    warmup_runs: int = 10
    warmup_s: float = 0.5
    min_runs: int = 50
    min_s: float = 1.0
    max_s: float = 20.0

    def __post_init__(self) -> None:
        if self.warmup_runs < 1 or self.min_runs < 3:
            raise ValueError(
                f"a plan needs 1 warm-up run and 3 timed runs at least, got {said(self)}"
            )
        if not 0 <= self.min_s <= self.max_s:
            raise ValueError(f"min_s must be between 0 and max_s, got {said(self)}")


NETWORK_PLAN = MeasurePlan()
"""For a whole network whose latency is reported (TFLite's and MLPerf's floors)."""


@dataclass(frozen=True, kw_only=True)
class RoundsPlan:
    """Many models in turn: each round visits every model that is not believed yet.

    A visit warms up, then times runs one by one until both ``min_runs`` and ``visit_s`` are
    reached. A latency is believed once ``min_rounds`` undisturbed visits put the 95 % confidence
    interval of their median within ``tolerance`` of it, and given up after ``max_rounds``. A visit
    is disturbed if the reference beside it, or the model, took ``disturbance`` longer than on a
    quiet machine.
    A network's weights are back in the shared cache after some five runs.
    """

    warmup_runs: int = 5
    warmup_s: float = 0.001
    min_runs: int = 9
    visit_s: float = 0.01
    min_rounds: int = 15
    max_rounds: int = 100
    tolerance: float = 0.01
    disturbance: float = 0.05

    def __post_init__(self) -> None:
        if self.warmup_runs < 1 or self.min_runs < 3:
            raise ValueError(
                f"a visit needs 1 warm-up run and 3 timed runs at least, got {said(self)}"
            )
        if not 1 <= self.min_rounds <= self.max_rounds:
            raise ValueError(f"min_rounds must be between 1 and max_rounds, got {said(self)}")
        if not (self.tolerance > 0 and self.disturbance > 0 and self.visit_s >= 0):
            raise ValueError(f"tolerance and disturbance must be positive, got {said(self)}")


BLOCK_ROUNDS = RoundsPlan()
"""For the blocks of a table and the networks timed among them."""
NETWORK_ROUNDS = RoundsPlan(min_rounds=30, max_rounds=60, tolerance=0.005)
"""For whole networks that a table is held against."""
