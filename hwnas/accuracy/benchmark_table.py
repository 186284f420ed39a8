"""A published benchmark of a whole space: each network's accuracies and latencies, by column.

Two formats are known. One is a CSV, plain or gzipped, whose other columns are numbers, latencies
named ``lat_ms_…``. What tells the networks says whose they are: ``arch_str`` NAS-Bench-201's;
``kernel_sizes``, ``expand_ratios``, ``depths`` and ``resolution`` Once-for-All's MobileNetV3; and
``architecture``, the choices joined by commas, any space's that the reader names.
The other is NAS-Bench-Macro's (Su et al. 2021) published JSON, whose ``mean_acc`` is the mean of
three trainings.
"""

import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwnas.accuracy.encoding import CSV_ENCODINGS, MACRO, Encoding, choices_of
from hwnas.errors import DataError, HwnasError, reason
from hwnas.record import unknown_name
from hwnas.space import Architecture, Space

LATENCY_PREFIX = "lat_ms_"
MACRO_COLUMN = "mean_acc"


@dataclass(frozen=True, eq=False, kw_only=True)
class BenchmarkTable:
    """One file, its cells as they are written: only a column that is asked for need be whole."""

    path: Path
    encoding: Encoding
    architectures: tuple[Architecture, ...]
    written: tuple[str, ...]
    """Each architecture as it stands in the file."""
    places: tuple[str, ...]
    """Where each architecture stands in the file, for a message."""
    columns: Mapping[str, Sequence[str | float]]
    """``n_architectures`` cells each, in the order of the file."""

    @property
    def space(self) -> str:
        """The name of the networks' space."""
        return self.encoding.space

    def values(self, column: str) -> dict[Architecture, float]:
        """One column by network.

        Raises:
            DataError: A cell of it is empty or no finite number.
        """
        cells = zip(self.architectures, self.places, self.columns[column], strict=True)
        return {network: self._number(column, place, cell) for network, place, cell in cells}

    def _number(self, column: str, place: str, cell: str | float) -> float:
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
        found = "empty" if not str(cell).strip() else f"{cell!r}, no finite number"
        raise DataError(
            f"{self.path} {place}: {column} is {found}. Write a number there, or take that "
            "network out."
        )

    def latency_column(self, name: str) -> str:
        """The column of a device, with or without ``lat_ms_``.

        Raises:
            UnknownNameError: It has none of that name.
            DataError: A latency in it is not positive.
        """
        known = [column for column in self.columns if column.startswith(LATENCY_PREFIX)]
        for column in (name, LATENCY_PREFIX + name):
            if column in known:
                self._check_positive(column)
                return column
        if not known:
            raise DataError(
                f"{self.path} holds no latencies. Name a file with a {LATENCY_PREFIX}… column."
            )
        if not name.startswith(LATENCY_PREFIX):
            known = [column.removeprefix(LATENCY_PREFIX) for column in known]
        raise unknown_name(f"latency column of {self.path.name}", name, known)

    def _check_positive(self, column: str) -> None:
        numbers = self.values(column).values()
        least, place = min(zip(numbers, self.places, strict=True))
        if least <= 0:
            raise DataError(
                f"{self.path} {place}: {column} is {least:g}, no latency. Write a positive "
                "number there, or take that network out."
            )


def read_benchmark(path: Path, space: Space | None = None) -> BenchmarkTable:
    """Read either format; the content says which, and whose networks a CSV tells.

    Args:
        path: The file.
        space: Whose choices a column ``architecture`` holds.

    Raises:
        DataError: The file is missing, damaged or something else.
    """
    text = _text(path)
    known = CSV_ENCODINGS if space is None else (*CSV_ENCODINGS, choices_of(space))
    try:
        return _macro(path, text) if text.lstrip().startswith("{") else _csv(path, text, known)
    except _OtherFileError as error:
        raise DataError(
            f"{path} is no benchmark table: {error}. Name a NAS-Bench-201 CSV with a column "
            "arch_str, a Once-for-All CSV, or NAS-Bench-Macro's nas-bench-macro_cifar10.json."
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: {error}. Correct that in the file.") from error


class _OtherFileError(Exception):
    """It is not damaged: it was never a benchmark."""


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")  # as spreadsheets write it
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError | UnicodeError) else "it is cut short"
        raise DataError(
            f"Cannot read the benchmark table {path}: {why}. Name a whole .csv, .csv.gz or "
            ".json file."
        ) from error


def _macro(path: Path, text: str) -> BenchmarkTable:
    try:
        entries = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise _OtherFileError(reason(error)) from error
    except RecursionError as error:
        raise _OtherFileError("it is nested too deeply") from error
    if not entries:
        raise _OtherFileError("it is empty")
    return BenchmarkTable(
        path=path,
        encoding=MACRO,
        architectures=tuple(map(_network, entries)),
        written=tuple(entries),
        places=tuple(f"network {digits}" for digits in entries),
        columns={MACRO_COLUMN: [_accuracy(*entry) for entry in entries.items()]},
    )


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of a key that stands in it twice Python would keep the last."""
    _refuse_twice([f"network or value {key}" for key, _ in pairs])
    return dict(pairs)


def _network(digits: str) -> Architecture:
    try:
        return MACRO.read(digits)
    except HwnasError as error:
        raise _OtherFileError(f"{digits!r} is not eight digits of 0, 1 and 2") from error


def _accuracy(digits: str, entry: object) -> float:
    if not isinstance(entry, dict) or MACRO_COLUMN not in entry:
        raise ValueError(f"network {digits}: it has no {MACRO_COLUMN}")
    value = entry[MACRO_COLUMN]
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(
            f"network {digits}: {MACRO_COLUMN} is {json.dumps(value)[:40]}, not a number"
        )
    return float(value)


def _csv(path: Path, text: str, known: Sequence[Encoding]) -> BenchmarkTable:
    heading, lines = _cells(text)
    encoding = next((e for e in known if set(e.columns) <= set(heading)), None)
    if encoding is None:
        raise _OtherFileError("it has no column arch_str, or others that tell a network")
    if not lines:
        raise _OtherFileError("it has a heading only")
    _refuse_twice([f"line 1: the column {name}" for name in heading if name])
    for number, cells in lines.items():
        if len(cells) != len(heading):
            raise ValueError(f"line {number} has {len(cells)} values, not {len(heading)}")
    columns = dict(zip(heading, zip(*lines.values(), strict=True), strict=True))
    told = zip(*(columns.pop(name) for name in encoding.columns), strict=True)
    networks = [";".join(cells) for cells in told]
    numbered = zip(lines, networks, strict=True)
    architectures = tuple(_read(encoding, number, text) for number, text in numbered)
    _refuse_twice([f"the network {encoding.write(network)}" for network in architectures])
    return BenchmarkTable(
        path=path,
        encoding=encoding,
        architectures=architectures,
        written=tuple(networks),
        places=tuple(f"line {number}" for number in lines),
        columns=columns,
    )


def _cells(text: str) -> tuple[list[str], dict[int, list[str]]]:
    """The heading, and the cells of every other line by its number; blank lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = dict((reader.line_num, cells) for cells in reader if cells)  # noqa: C402
    except csv.Error as error:
        raise _OtherFileError(f"line {reader.line_num} is no CSV ({error})") from error
    return lines.pop(min(lines, default=0), []), lines


def _read(encoding: Encoding, number: int, text: str) -> Architecture:
    try:
        return encoding.read(text)
    except HwnasError as error:
        raise ValueError(f"line {number}: {text!r} is no network of {encoding.space}") from error


def _refuse_twice(named: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in named:
        if name in seen:
            raise ValueError(f"{name} stands in it twice")
        seen.add(name)
