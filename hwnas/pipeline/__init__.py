"""The only room that names all the others: each command from end to end."""

from hwnas.pipeline.api import device_with, export, profile, score_table, search, space_for, verify
from hwnas.pipeline.export import ExportReport
from hwnas.pipeline.score_table import TableScore

__all__ = [
    "ExportReport",
    "TableScore",
    "device_with",
    "export",
    "profile",
    "score_table",
    "search",
    "space_for",
    "verify",
]
