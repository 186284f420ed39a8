"""Measurements at rest."""

from hwnas.table.compare import Change, TableDiff, compare, merged
from hwnas.table.file_format import ELSEWHERE, read_table, write_table
from hwnas.table.flat import read_csv, write_csv, write_parquet
from hwnas.table.journal import Journal, key_of
from hwnas.table.latency_table import (
    Blocks,
    Conditions,
    LatencyTable,
    Quality,
    TableHeader,
)
from hwnas.table.migrate import migrate
from hwnas.table.proxyless import ForeignRows, read_proxyless
from hwnas.table.store import (
    all_tables,
    find_table,
    own_folder,
    table_file,
    table_name,
    table_named,
    table_path,
)

__all__ = [
    "ELSEWHERE",
    "Blocks",
    "Change",
    "Conditions",
    "ForeignRows",
    "Journal",
    "LatencyTable",
    "Quality",
    "TableDiff",
    "TableHeader",
    "all_tables",
    "compare",
    "find_table",
    "key_of",
    "merged",
    "migrate",
    "own_folder",
    "read_csv",
    "read_proxyless",
    "read_table",
    "table_file",
    "table_name",
    "table_named",
    "table_path",
    "write_csv",
    "write_parquet",
    "write_table",
]
