"""A timing over the budget is doubted, one within it is not."""

import pytest

from hwnas.device import DeviceSpec
from hwnas.measure import NETWORK_PLAN, Measurement, MeasurePlan
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.verify import measure_within


class Scripted(SimulatedEngine):
    """Gives these medians, one after another."""

    def __init__(self, *medians_ms: float) -> None:
        super().__init__()
        self.left = list(medians_ms)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        return took(self.left.pop(0))


def took(ms: float) -> Measurement:
    return Measurement(median_ms=ms, p90_ms=ms, min_ms=ms, mad_ms=0, n_runs=3)


@pytest.mark.parametrize(
    ("medians_ms", "kept_ms", "n_left"),
    [([1, 9, 9], 1, 2), ([3, 1, 9], 1, 1), ([5, 4, 3], 3, 0), ([4, 5, 6, 1], 4, 1)],
)
def test_a_slow_timing_is_doubted_twice_and_a_fast_one_never(
    simulated: DeviceSpec, medians_ms: list[float], kept_ms: float, n_left: int
) -> None:
    engine = Scripted(*medians_ms)
    found = measure_within(b"", simulated, engine, 2.0, NETWORK_PLAN)
    assert (found.median_ms, len(engine.left)) == (kept_ms, n_left)


def test_without_a_budget_once_is_enough(simulated: DeviceSpec) -> None:
    engine = Scripted(9, 1)
    assert measure_within(b"", simulated, engine, None, NETWORK_PLAN).median_ms == 9
