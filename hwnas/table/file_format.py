"""One JSON object a line: the header, a row a block, a row a network, so that git diffs read."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hwnas.block import BlockSpec, block_from_json, block_to_json
from hwnas.errors import HwnasError, TableError, reason
from hwnas.measure import Measurement
from hwnas.record import read_record
from hwnas.table.latency_table import Blocks, LatencyTable, TableHeader
from hwnas.whole_file import write_whole

VERSION = 3
FORMAT = f"hwnas-latency-table/{VERSION}"
OLDER = tuple(f"hwnas-latency-table/{version}" for version in range(1, VERSION))
ELSEWHERE = "name another folder in HWNAS_TABLES"
AGAIN = "Delete that line and profile again."
MOVE = "Name another table, or move this one away and profile again."
"""The two remedies: a row can be spared, the header cannot."""


def read_table(path: Path) -> LatencyTable:
    """Read a table of this version.

    Raises:
        TableError: No table, an older one, or a line in it is damaged; the message has the
            line's number.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(
            f"Cannot read the latency table {path}: {reason(error)}. "
            "Name one that 'hwnas table' lists."
        ) from error
    lines = text.removesuffix("\n").split("\n") if text else []
    return replace(parse_table(lines, str(path)), path=path)


def parse_table(lines: list[str], name: str) -> LatencyTable:
    """The table that the lines of a file hold; ``name`` is the file's, for the message.

    Raises:
        TableError: A line is damaged or of another version.
    """
    if not lines:
        raise TableError(f"{name} has no header line. {MOVE}")
    header = _header(lines[0], name)
    rows: dict[BlockSpec, Measurement] = {}
    networks: dict[Blocks, Measurement] = {}
    for blocks, measurement, alone in _rows(lines, name):
        if alone:
            rows[blocks[0]] = measurement
        else:
            networks[blocks] = measurement
    return LatencyTable(header, rows, networks)


def write_table(path: Path, table: LatencyTable, elsewhere: str = ELSEWHERE) -> None:
    """Write the whole table, rows sorted, in one step.

    ``elsewhere`` says what to do about a place that cannot be written.

    Raises:
        RunError: The disk refuses.
    """
    rows = sorted(row_line(block, row) for block, row in table.rows.items())
    networks = sorted(network_line(blocks, row) for blocks, row in table.networks.items())
    lines = [header_line(table.header), *rows, *networks]
    write_whole(path, "\n".join(lines) + "\n", elsewhere)


def header_line(header: TableHeader) -> str:
    """The first line."""
    return json.dumps({"format": FORMAT, **asdict(header)})


def row_line(block: BlockSpec, measurement: Measurement) -> str:
    """A block's line."""
    return json.dumps({"block": block_to_json(block), **_times(measurement)})


def network_line(blocks: Blocks, measurement: Measurement) -> str:
    """A whole network's line."""
    listed = [block_to_json(block) for block in blocks]
    return json.dumps({"network": listed, **_times(measurement)})


def _times(measurement: Measurement) -> dict[str, Any]:
    """Milliseconds to the nanosecond."""
    return {
        key: round(value, 6) if isinstance(value, float) else value
        for key, value in asdict(measurement).items()
    }


def read_header(line: str, name: str) -> dict[str, Any]:
    """The first line of a table of this or an older version, its format still in it.

    Raises:
        TableError: It is damaged, no table's or a newer table's.
    """
    row = _object(line)
    if row is None:
        raise TableError(f"{name} line 1, the header, is damaged or no table's. {MOVE}")
    written_as = row.get("format")
    if written_as in (FORMAT, *OLDER):
        return row
    found = re.fullmatch(r"hwnas-latency-table/([1-9][0-9]*)", str(written_as))
    if found is None:
        raise TableError(f"{name} line 1 is not the header of a {FORMAT} file. {MOVE}")
    raise TableError(
        f"{name} is a table of a newer hwnas: its format is {found[1]}, and this hwnas reads "
        f"those to {VERSION}. Update hwnas."
    )


def _header(line: str, name: str) -> TableHeader:
    row = read_header(line, name)
    if row.pop("format") in OLDER:
        raise TableError(
            f"{name} is a table of an older hwnas. Migrate it with: hwnas table migrate {name}"
        )
    try:
        return read_record(TableHeader, row, f"{name} line 1", MOVE)
    except HwnasError as error:
        raise TableError(str(error)) from error


def _rows(lines: list[str], name: str) -> Iterator[tuple[Blocks, Measurement, bool]]:
    """The blocks of each row, and whether it is one block's."""
    for number, line in enumerate(lines[1:], start=2):
        source = f"{name} line {number}"
        row = _object(line)
        if row is None:
            raise TableError(f"{source} is truncated or damaged. {AGAIN}")
        alone = "network" not in row
        listed = [row.pop("block", None)] if alone else row.pop("network")
        try:
            blocks = _blocks(listed)
            yield blocks, read_record(Measurement, row, "its times", AGAIN), alone
        except HwnasError as error:
            raise TableError(f"{source} is no table row: {error}") from error


def _blocks(listed: Any) -> Blocks:  # noqa: ANN401
    if not isinstance(listed, list) or not all(isinstance(block, dict) for block in listed):
        raise TableError(f"it has no block. {AGAIN}")
    return tuple(block_from_json(block, "its block", AGAIN) for block in listed)


def _object(line: str) -> dict[str, Any] | None:
    """The JSON object a line holds; nothing where it is damaged or holds something else."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
