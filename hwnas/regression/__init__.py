"""From some networks to any: regression on what can be read off an architecture."""

from hwnas.regression.architecture_regression import ArchitectureRegression
from hwnas.regression.levers import Change, Lever, levers_of
from hwnas.regression.multivariate import (
    CONFIDENCE,
    FEWEST_NETWORKS,
    Kind,
    Multivariate,
    Predicted,
    RegressionQuality,
    kendall_tau,
    learn,
    regression_quality,
)
from hwnas.regression.terms import Columns, Term, term_name

__all__ = [
    "CONFIDENCE",
    "FEWEST_NETWORKS",
    "ArchitectureRegression",
    "Change",
    "Columns",
    "Kind",
    "Lever",
    "Multivariate",
    "Predicted",
    "RegressionQuality",
    "Term",
    "kendall_tau",
    "learn",
    "levers_of",
    "regression_quality",
    "term_name",
]
