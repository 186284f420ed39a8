"""Times one ONNX file on one device: plain values here, the engines in ``measure.engine``."""

from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import BLOCK_PLAN, NETWORK_PLAN, MeasurePlan
from hwnas.measure.stopwatch import Stopwatch

__all__ = [
    "BLOCK_PLAN",
    "NETWORK_PLAN",
    "MeasurePlan",
    "Measurement",
    "Provenance",
    "Stopwatch",
    "summarize",
]
