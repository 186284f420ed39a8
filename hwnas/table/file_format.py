"""One JSON object a line: the header, a row a block, a row a network, so that git diffs read."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hwnas.block import BlockSpec, block_from_json, block_to_json
from hwnas.errors import HwnasError, TableError
from hwnas.measure import Measurement
from hwnas.record import read_record
from hwnas.table.latency_table import Blocks, LatencyTable, TableHeader
from hwnas.whole_file import write_whole

FORMAT = "hwnas-latency-table/3"
OLDER = ("hwnas-latency-table/1", "hwnas-latency-table/2")
ELSEWHERE = "name another folder in HWNAS_TABLES"


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
            f"Cannot read the latency table {path}: {error}. Name one that 'hwnas table' lists."
        ) from error
    lines = text.removesuffix("\n").split("\n") if text else []
    return replace(parse_table(lines, str(path)), path=path)


def parse_table(lines: list[str], name: str) -> LatencyTable:
    """The table that the lines of a file hold; ``name`` is the file's, for the message.

    Raises:
        TableError: A line is damaged or of another version.
    """
    if not lines:
        raise TableError(f"{name} has no header line. Delete it and profile again.")
    header = _header(_object(lines[0], f"{name} line 1"), f"{name} line 1")
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


def _rows(lines: list[str], name: str) -> Iterator[tuple[Blocks, Measurement, bool]]:
    """The blocks of each row, and whether it is one block's."""
    for number, line in enumerate(lines[1:], start=2):
        source = f"{name} line {number}"
        row = _object(line, source)
        alone = "network" not in row
        listed = [row.pop("block", None)] if alone else row.pop("network")
        try:
            blocks = _blocks(listed, source)
            yield blocks, read_record(Measurement, row, source), alone
        except HwnasError as error:
            raise TableError(
                f"{source} is no table row: {error} Delete that line and profile again."
            ) from error


def _blocks(listed: Any, source: str) -> Blocks:  # noqa: ANN401
    if not isinstance(listed, list) or not all(isinstance(block, dict) for block in listed):
        raise TableError("it has no block")
    return tuple(block_from_json(block, source) for block in listed)


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
    written_as = row.pop("format", None)
    if written_as in OLDER:
        raise TableError(
            f"{source.removesuffix(' line 1')} is a table of an older hwnas. "
            f"Migrate it with: hwnas table migrate {source.removesuffix(' line 1')}"
        )
    if written_as != FORMAT:
        raise TableError(f"{source} is not the header of a {FORMAT} file. Profile again.")
    try:
        return read_record(TableHeader, row, source)
    except HwnasError as error:
        raise TableError(f"{error} Or delete the table and profile again.") from error
