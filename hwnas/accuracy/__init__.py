"""From an architecture to an expected accuracy."""

from hwnas.accuracy.macro_benchmark import MacroBenchmark
from hwnas.accuracy.protocol import AccuracySource
from hwnas.accuracy.ranking import Estimate, Ranking, ranking

__all__ = ["AccuracySource", "Estimate", "MacroBenchmark", "Ranking", "ranking"]
