"""Times ONNX files on one device: plain values and rounds here, the engines in ``engine``."""

from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import (
    BLOCK_ROUNDS,
    NETWORK_PLAN,
    NETWORK_ROUNDS,
    MeasurePlan,
    RoundsPlan,
)
from hwnas.measure.rounds import RoundsDone, Timer, time_in_rounds
from hwnas.measure.stopwatch import Stopwatch
from hwnas.measure.visit import Visit, halves_ms, quiet_reference

__all__ = [
    "BLOCK_ROUNDS",
    "NETWORK_PLAN",
    "NETWORK_ROUNDS",
    "MeasurePlan",
    "Measurement",
    "Provenance",
    "RoundsDone",
    "RoundsPlan",
    "Stopwatch",
    "Timer",
    "Visit",
    "halves_ms",
    "quiet_reference",
    "summarize",
    "time_in_rounds",
]
