"""The only room that names all the others: each command from end to end."""

from hwnas.pipeline.api import export, profile, search
from hwnas.pipeline.arguments import device_with, rule_of, space_for
from hwnas.pipeline.coverage import Coverage, coverage_of
from hwnas.pipeline.doctor import Check, Verdict, examine
from hwnas.pipeline.explain import explain
from hwnas.pipeline.export import ExportReport
from hwnas.pipeline.fit_table import FitReport, FitRequest, fit_table
from hwnas.pipeline.kept_table import is_table_run
from hwnas.pipeline.networks_to_measure import choose_networks, write_networks
from hwnas.pipeline.rank import RankReport, rank
from hwnas.pipeline.score_table import TableScore, score_table
from hwnas.pipeline.search_table import is_benchmark, search_table
from hwnas.pipeline.tables import import_table, merge_tables, migrate_table
from hwnas.pipeline.training_arguments import donna_settings, mgas_settings, settings_from
from hwnas.pipeline.verify import verify

__all__ = [
    "Check",
    "Coverage",
    "ExportReport",
    "FitReport",
    "FitRequest",
    "RankReport",
    "TableScore",
    "Verdict",
    "choose_networks",
    "coverage_of",
    "device_with",
    "donna_settings",
    "examine",
    "explain",
    "export",
    "fit_table",
    "import_table",
    "is_benchmark",
    "is_table_run",
    "merge_tables",
    "mgas_settings",
    "migrate_table",
    "profile",
    "rank",
    "rule_of",
    "score_table",
    "search",
    "search_table",
    "settings_from",
    "space_for",
    "verify",
    "write_networks",
]
