"""A table as one flat row a block: CSV and Parquet for other tools, and back from CSV."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from hwnas.block import BLOCKS, BlockSpec, block_from_json, block_to_json
from hwnas.errors import HwnasError, InvalidInputError, TableError
from hwnas.measure import Measurement
from hwnas.record import read_record
from hwnas.table.latency_table import LatencyTable
from hwnas.whole_file import write_whole

SPEC_FIELDS = tuple(
    dict.fromkeys(["kind", *(f.name for spec in BLOCKS.values() for f in fields(spec))])
)
TIMES = tuple(field.name for field in fields(Measurement))
SETTINGS = ("device", "precision", "threads", "batch")
NAMES = ("kind", "activation", "provenance")
"""Columns of text; the others are numbers, and ``settled`` is ``True`` or ``False``."""


def flat_rows(table: LatencyTable) -> list[dict[str, Any]]:
    """One mapping a block with the same keys in each; what a block lacks is ``None``."""
    device = table.header.device
    settings = (device.name, device.precision, device.threads, device.batch)
    return [
        {
            **dict.fromkeys(SPEC_FIELDS),
            **block_to_json(block),
            **asdict(row),
            **dict(zip(SETTINGS, settings, strict=True)),
        }
        for block, row in table.rows.items()
    ]


def write_csv(path: Path, table: LatencyTable) -> None:
    """Write the rows, sorted by block, with a line of column names.

    Raises:
        RunError: The disk refuses.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, (*SPEC_FIELDS, *TIMES, *SETTINGS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat_rows(table))
    write_whole(path, text.getvalue())


def write_parquet(path: Path, table: LatencyTable) -> None:
    """Write the rows as Parquet.

    Raises:
        InvalidInputError: pyarrow is not installed.
        RunError: The disk refuses.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidInputError(
            "Parquet needs pyarrow. Install it with: pip install 'hwnas[parquet]', or use --csv."
        ) from error
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(flat_rows(table)), sink)
    write_whole(path, sink.getvalue().to_pybytes())


def read_csv(path: Path) -> dict[BlockSpec, Measurement]:
    """The rows of a CSV with a ``kind``, the fields of that kind of block, and ``median_ms``.

    The other measurement columns may lack: a single number has no spread, and is not settled.

    Raises:
        TableError: No such file, no such columns, or a line of it makes no row.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"Cannot read {path}: {error}. Name a CSV file.") from error
    if not lines or not {"kind", "median_ms"} <= lines[0].keys():
        raise TableError(
            f"{path} has no rows with the columns kind and median_ms. "
            "Write one line a block, as 'hwnas table export --csv' does."
        )
    rows = {}
    for number, line in enumerate(lines, start=2):
        source = f"{path} line {number}"
        try:
            block, row = _row(line, source)
        except (HwnasError, ValueError) as error:
            raise TableError(f"{source} is no table row: {error} Correct that line.") from error
        rows[block] = row
    return rows


def _row(line: Mapping[str, str | None], source: str) -> tuple[BlockSpec, Measurement]:
    given = {name: _value(name, text) for name, text in line.items() if name and text}
    spec = {name: value for name, value in given.items() if name in SPEC_FIELDS}
    times = {name: value for name, value in given.items() if name in TIMES}
    median_ms = times.get("median_ms")
    single = {"p90_ms": median_ms, "min_ms": median_ms, "mad_ms": 0.0, "n_runs": 1}
    if "half_interval" not in times:
        single["settled"] = False
    return block_from_json(spec, source), read_record(Measurement, {**single, **times}, source)


def _value(name: str, text: str) -> Any:  # noqa: ANN401
    if name in NAMES or name not in (*SPEC_FIELDS, *TIMES):
        return text
    if name == "settled":
        return text.lower() == "true"
    number = float(text)
    return int(number) if number.is_integer() and name != "se_ratio" else number
