"""The only room that names all the others: each command from end to end."""

from hwnas.pipeline.api import export, profile, score_table, search, verify
from hwnas.pipeline.arguments import device_with, settings_from, space_for
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
    "settings_from",
    "space_for",
    "verify",
]
