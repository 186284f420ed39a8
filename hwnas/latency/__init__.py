"""From blocks to milliseconds, and how good that is."""

from hwnas.latency.additive import DISPATCH, AdditiveModel
from hwnas.latency.calibrated import (
    FEWEST_NETWORKS,
    CalibratedModel,
    calibrate,
    latency_model,
    left_out_ms,
    networks_of,
)
from hwnas.latency.interpolated import interpolated
from hwnas.latency.priced_space import PricedSpace
from hwnas.latency.protocol import LatencyModel
from hwnas.latency.quality import quality_of
from hwnas.latency.score import LatencyScore, score

__all__ = [
    "DISPATCH",
    "FEWEST_NETWORKS",
    "AdditiveModel",
    "CalibratedModel",
    "LatencyModel",
    "LatencyScore",
    "PricedSpace",
    "calibrate",
    "interpolated",
    "latency_model",
    "left_out_ms",
    "networks_of",
    "quality_of",
    "score",
]
