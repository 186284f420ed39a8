"""From an architecture to an expected accuracy."""

from hwnas.accuracy.macro_benchmark import MacroBenchmark
from hwnas.accuracy.protocol import AccuracySource, ScoreSource

__all__ = ["AccuracySource", "MacroBenchmark", "ScoreSource"]
