"""How often a model is run before its median is believed."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MeasurePlan:
    """Runs and seconds: warm-up and timing each last until both of their floors are reached.

    Every run is timed by itself. ``max_s`` bounds the timing of one model whatever ``min_runs``
    says, so that a slow network does not take minutes.
    """

    warmup_runs: int = 10
    warmup_s: float = 0.02
    min_runs: int = 50
    min_s: float = 0.1
    max_s: float = 20.0

    def __post_init__(self) -> None:
        if self.warmup_runs < 1 or self.min_runs < 3:
            raise ValueError(f"a plan needs 1 warm-up run and 3 timed runs at least, got {self}")
        if not 0 <= self.min_s <= self.max_s:
            raise ValueError(f"min_s must be between 0 and max_s, got {self}")


BLOCK_PLAN = MeasurePlan()
"""For one block among hundreds."""
NETWORK_PLAN = MeasurePlan(warmup_s=0.5, min_s=1.0)
"""For a whole network whose latency is reported (TFLite's and MLPerf's floors)."""
