"""Results as plain values, a table and pictures; decides nothing."""

from hwnas.report.explanation import (
    CurvePoint,
    Effect,
    Explanation,
    Int8Loss,
    Learned,
    LeverEffect,
    NextChange,
    ToldNetwork,
)
from hwnas.report.explanation_page import explanation_page, levers_picture
from hwnas.report.explanation_words import sentences
from hwnas.report.front_csv import front_csv
from hwnas.report.front_picture import front_picture
from hwnas.report.picture import agreement_picture, picture
from hwnas.report.pruning import Pruning
from hwnas.report.pruning_picture import pruning_picture
from hwnas.report.ranking import ranking_picture
from hwnas.report.result import (
    DISTIL_LONGER,
    Baseline,
    FrontPoint,
    Int8Step,
    MeasuredNetwork,
    OtherDevice,
    SearchResult,
)
from hwnas.report.tabular_result import TabularResult

__all__ = [
    "DISTIL_LONGER",
    "Baseline",
    "CurvePoint",
    "Effect",
    "Explanation",
    "FrontPoint",
    "Int8Loss",
    "Int8Step",
    "Learned",
    "LeverEffect",
    "MeasuredNetwork",
    "NextChange",
    "OtherDevice",
    "Pruning",
    "SearchResult",
    "TabularResult",
    "ToldNetwork",
    "agreement_picture",
    "explanation_page",
    "front_csv",
    "front_picture",
    "levers_picture",
    "picture",
    "pruning_picture",
    "ranking_picture",
    "sentences",
]
