"""A table as one flat row a block: CSV and Parquet for other tools, and back from CSV."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from hwnas.block import BLOCKS, BlockSpec, block_from_json, block_to_json
from hwnas.device import DeviceSpec
from hwnas.errors import HwnasError, InvalidInputError, TableError, reason
from hwnas.measure import BLOCK_ROUNDS, Measurement
from hwnas.record import read_record, unknown_name
from hwnas.table.latency_table import LatencyTable
from hwnas.whole_file import write_whole

ELSEWHERE = "name another file"
CORRECT = "Correct that line and try again."
TRUTH = {"true": True, "false": False}
WORDS = {int: "whole number", float: "finite number", bool: "true or false"}


def flat_rows(table: LatencyTable) -> list[dict[str, Any]]:
    """One mapping a block with the same keys in each; what a block lacks is ``None``."""
    device = table.header.device
    settings = (device.name, device.precision, device.threads, device.batch)
    return [
        {
            **dict.fromkeys(COLUMNS),
            **block_to_json(block),
            **asdict(row),
            **dict(zip(SETTINGS, settings, strict=True)),
        }
        for block, row in table.rows.items()
    ]


def write_csv(path: Path, table: LatencyTable) -> None:
    """Write a line of column names, then the rows.

    Raises:
        RunError: The disk refuses.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat_rows(table))
    write_whole(path, text.getvalue(), ELSEWHERE)


def write_parquet(path: Path, table: LatencyTable) -> None:
    """Write the rows as Parquet; each column has one type, whatever kinds of block there are.

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
    arrow = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
    schema = pa.schema([(name, arrow[type_]) for name, type_ in COLUMNS.items()])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(flat_rows(table), schema=schema), sink)
    write_whole(path, sink.getvalue().to_pybytes(), ELSEWHERE)


def read_csv(path: Path, device: DeviceSpec) -> dict[BlockSpec, Measurement]:
    """The rows of a CSV with a ``kind``, the fields of that kind of block, and ``median_ms``.

    The other measurement columns may lack: a single number has no spread. A row is settled if it
    says so, or if its half_interval is within what a profile asks for.
    Precision, threads and batch, where the file tells them, must be the device's.

    Raises:
        TableError: No such file, no such columns, or a line of it makes no row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # as spreadsheets write it
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error if isinstance(error, csv.Error) else reason(error)
        raise TableError(f"Cannot read {path}: {why}. Name a CSV file.") from error
    columns = lines[0][1] if lines else []
    if len(lines) < 2 or not {"kind", "median_ms"} <= set(columns):
        raise TableError(
            f"{path} has no rows with the columns kind and median_ms. "
            "Write one line a block, as 'hwnas table export --csv' does."
        )
    _check_columns(columns, path)
    rows: dict[BlockSpec, Measurement] = {}
    for number, cells in lines[1:]:
        try:
            block, row = _row(columns, cells, device)
            if block in rows:
                raise InvalidInputError(f"an earlier line has the same block. {CORRECT}")
        except HwnasError as error:
            raise TableError(f"{path} line {number} is no table row: {error}") from error
        rows[block] = row
    return rows


def _check_columns(columns: Sequence[str], path: Path) -> None:
    """Refuse what would be dropped without a word."""
    for place, column in enumerate(columns):
        if column not in COLUMNS:
            raise TableError(f"{path} line 1: {unknown_name('column', column, COLUMNS)}")
        if column in columns[:place]:
            raise TableError(f"{path} line 1 has the column {column!r} twice. Delete one.")


def _row(
    columns: Sequence[str], cells: Sequence[str], device: DeviceSpec
) -> tuple[BlockSpec, Measurement]:
    if len(cells) != len(columns):
        raise InvalidInputError(
            f"it has {len(cells)} cells under {len(columns)} columns. {CORRECT}"
        )
    given = {name: _value(name, text) for name, text in zip(columns, cells, strict=True) if text}
    for name in ("precision", "threads", "batch"):
        if given.get(name, vars(device)[name]) != vars(device)[name]:
            raise InvalidInputError(
                f"it is of {name} {given[name]}, the device of {vars(device)[name]}. "
                f"Import it with: --{name} {given[name]}"
            )
    spec = {name: given[name] for name in SPEC_FIELDS if name in given}
    times = {name: given[name] for name in TIMES if name in given}
    if "median_ms" not in times:
        raise InvalidInputError(f"it has no median_ms. {CORRECT}")
    single = dict.fromkeys(("p90_ms", "min_ms"), times["median_ms"])
    sure = times.get("half_interval", math.inf) <= BLOCK_ROUNDS.tolerance
    single |= {"mad_ms": 0.0, "n_runs": 1, "settled": sure}
    block = block_from_json(spec, "its block")
    return block, read_record(Measurement, {**single, **times}, "its times")


def _value(name: str, text: str) -> Any:  # noqa: ANN401
    """The text of a cell as its column's type; a whole number may be written as ``3.0``."""
    type_ = COLUMNS[name]
    if type_ is str:
        return text
    if type_ is bool and text.lower() in TRUTH:
        return TRUTH[text.lower()]
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if type_ is bool or not math.isfinite(number) or (type_ is int and number % 1):
        raise InvalidInputError(f"{name} is {text!r}, no {WORDS[type_]}. {CORRECT}")
    return type_(number)


def _plain(hint: Any) -> type:  # noqa: ANN401
    """The type of a column: of ``float | None`` it is float, of a word from a list it is str."""
    return next((type_ for type_ in (int, float, bool) if hint in (type_, type_ | None)), str)


SPEC_FIELDS = {"kind": str} | {
    field.name: _plain(field.type)
    for spec in BLOCKS.values()
    for field in fields(spec)  # type: ignore[arg-type]
}
TIMES = {field.name: _plain(field.type) for field in fields(Measurement)}
SETTINGS = {"device": str, "precision": str, "threads": int, "batch": int}
COLUMNS: Mapping[str, type] = {**SPEC_FIELDS, **TIMES, **SETTINGS}
"""Every column in order, and the type of its values."""
