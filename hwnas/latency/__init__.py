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
from hwnas.latency.fit_problem import Regularization
from hwnas.latency.fitted import (
    FittedCosts,
    Predicted,
    cross_validated_ms,
    fit_costs,
    most_telling,
)
from hwnas.latency.interpolated import interpolated, interpolating
from hwnas.latency.part_columns import Likely, PartColumns
from hwnas.latency.priced_space import PricedSpace
from hwnas.latency.protocol import LatencyModel
from hwnas.latency.quality import quality_of
from hwnas.latency.score import LatencyScore, score

__all__ = [
    "DISPATCH",
    "FEWEST_NETWORKS",
    "AdditiveModel",
    "CalibratedModel",
    "FittedCosts",
    "LatencyModel",
    "LatencyScore",
    "Likely",
    "PartColumns",
    "Predicted",
    "PricedSpace",
    "Regularization",
    "calibrate",
    "cross_validated_ms",
    "fit_costs",
    "interpolated",
    "interpolating",
    "latency_model",
    "left_out_ms",
    "most_telling",
    "networks_of",
    "quality_of",
    "score",
]
