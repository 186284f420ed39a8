"""Predicted against measured, float against int8, budget kept or not."""

from hwnas.verify.accuracy import deployed_accuracy
from hwnas.verify.agreement import check_agreement
from hwnas.verify.budget import measure_within
from hwnas.verify.reference import difference_from_processor, on_this_processor
from hwnas.verify.report import VerifyReport

__all__ = [
    "VerifyReport",
    "check_agreement",
    "deployed_accuracy",
    "difference_from_processor",
    "measure_within",
    "on_this_processor",
]
