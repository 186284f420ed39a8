"""One JSON object a line: the header first, then a row a block, so that git diffs read."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwnas.block import BlockSpec, block_from_json, block_to_json
from hwnas.errors import HwnasError, TableError
from hwnas.measure import Measurement
from hwnas.record import read_record
from hwnas.table.latency_table import LatencyTable, TableHeader
from hwnas.whole_file import write_whole

FORMAT = "hwnas-latency-table/1"
ELSEWHERE = "name another folder in HWNAS_TABLES"


def read_table(path: Path) -> LatencyTable:
    """Read a table; a last line without its newline is an interrupted append and left out.

    Raises:
        TableError: No table, or a line in it is damaged; the message has the line's number.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(
            f"Cannot read the latency table {path}: {error}. Name one that 'hwnas table' lists."
        ) from error
    if not lines:
        raise TableError(f"{path} has no header line. Delete it and profile again.")
    header = _header(_object(lines[0], f"{path} line 1"), f"{path} line 1")
    return LatencyTable(header, dict(_rows(lines, str(path))), path)


def write_table(path: Path, table: LatencyTable) -> None:
    """Write the whole table, rows sorted, in one step.

    Raises:
        RunError: The disk refuses.
    """
    rows = sorted(row_line(block, row) for block, row in table.rows.items())
    write_whole(path, "\n".join([header_line(table.header), *rows]) + "\n", ELSEWHERE)


def append_row(path: Path, block: BlockSpec, measurement: Measurement) -> None:
    """Add one row at the end of an existing table.

    Raises:
        TableError: The disk refuses.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(row_line(block, measurement) + "\n")
    except OSError as error:
        raise TableError(
            f"Cannot write {path}: {error.strerror}. Free the disk and run the same command again."
        ) from error


def header_line(header: TableHeader) -> str:
    """The first line."""
    return json.dumps({"format": FORMAT, **asdict(header)})


def row_line(block: BlockSpec, measurement: Measurement) -> str:
    """A block's line; times in milliseconds to the nanosecond."""
    times = {
        key: round(value, 6) if isinstance(value, float) else value
        for key, value in asdict(measurement).items()
    }
    return json.dumps({"block": block_to_json(block), **times})


def _rows(lines: list[str], name: str) -> Iterator[tuple[BlockSpec, Measurement]]:
    for number, line in enumerate(lines[1:], start=2):
        source = f"{name} line {number}"
        row = _object(line, source)
        block = row.pop("block", None)
        try:
            if not isinstance(block, dict):
                raise TableError("it has no block")
            yield block_from_json(block, source), read_record(Measurement, row, source)
        except HwnasError as error:
            raise TableError(
                f"{source} is no table row: {error} Delete that line and profile again."
            ) from error


def _object(line: str, source: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise TableError(
            f"{source} is truncated or damaged ({error.msg}). Delete that line and profile again."
        ) from error
    if not isinstance(row, dict):
        raise TableError(f"{source} is no JSON object. Delete that line and profile again.")
    return row


def _header(row: dict[str, Any], source: str) -> TableHeader:
    if row.pop("format", None) != FORMAT:
        raise TableError(f"{source} is not the header of a {FORMAT} file. Profile again.")
    try:
        return read_record(TableHeader, row, source)
    except HwnasError as error:
        raise TableError(f"{error} Or delete the table and profile again.") from error
