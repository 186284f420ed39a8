"""Whether a model keeps its latency budget on the device."""

import math

from hwnas.device import DeviceSpec
from hwnas.measure import Measurement, MeasurePlan
from hwnas.measure.engine import Engine

ATTEMPTS = 3


def measure_within(
    model: bytes,
    device: DeviceSpec,
    engine: Engine,
    budget_ms: float | None,
    plan: MeasurePlan,
) -> Measurement:
    """Time a model; over budget, time it twice more and keep the fastest median.

    Other work on the machine only ever adds time, so a slow measurement is doubted and a fast
    one is not.
    """
    limit_ms = math.inf if budget_ms is None else budget_ms
    fastest = engine.measure(model, device, plan)
    for _ in range(ATTEMPTS - 1):
        if fastest.median_ms <= limit_ms:
            break
        again = engine.measure(model, device, plan)
        fastest = min(fastest, again, key=lambda measurement: measurement.median_ms)
    return fastest
