"""From blocks to milliseconds, and how good that is."""

from hwnas.latency.additive import DISPATCH, AdditiveModel
from hwnas.latency.score import LatencyScore, score

__all__ = ["DISPATCH", "AdditiveModel", "LatencyScore", "score"]
