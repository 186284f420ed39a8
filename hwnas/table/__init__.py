"""Measurements at rest."""

from hwnas.table.file_format import ELSEWHERE, append_row, read_table, write_table
from hwnas.table.latency_table import LatencyTable, TableHeader
from hwnas.table.store import all_tables, find_table, own_folder, table_name, table_path

__all__ = [
    "ELSEWHERE",
    "LatencyTable",
    "TableHeader",
    "all_tables",
    "append_row",
    "find_table",
    "own_folder",
    "read_table",
    "table_name",
    "table_path",
    "write_table",
]
