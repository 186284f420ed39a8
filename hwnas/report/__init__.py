"""Results as plain values, a table and pictures; decides nothing."""

from hwnas.report.front_csv import front_csv
from hwnas.report.picture import agreement_picture, picture
from hwnas.report.ranking import ranking_picture
from hwnas.report.result import Baseline, FrontPoint, MeasuredNetwork, SearchResult
from hwnas.report.tabular_result import TabularResult

__all__ = [
    "Baseline",
    "FrontPoint",
    "MeasuredNetwork",
    "SearchResult",
    "TabularResult",
    "agreement_picture",
    "front_csv",
    "picture",
    "ranking_picture",
]
