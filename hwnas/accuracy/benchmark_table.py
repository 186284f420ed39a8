"""A published benchmark of a whole space: each network's accuracies and latencies, by column.

Two formats are known. NAS-Bench-201 is a CSV, plain or gzipped, with a column ``arch_str``;
the others are numbers, latencies named ``lat_ms_…``. NAS-Bench-Macro (Su et al. 2021) is its
published JSON, whose ``mean_acc`` is the mean of three trainings.
"""

import csv
import gzip
import json
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.errors import DataError, HwnasError
from hwnas.record import unknown_name
from hwnas.space import Architecture, Decision, nasbench201, nasbench_macro

LATENCY_PREFIX = "lat_ms_"
MACRO_COLUMN = "mean_acc"


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a space's networks are written in its benchmark."""

    decisions: tuple[Decision, ...]
    read: Callable[[str], Architecture]
    write: Callable[[Architecture], str]


ENCODINGS: Mapping[str, Encoding] = {
    "nasbench201": Encoding(
        decisions=nasbench201.DECISIONS,
        read=nasbench201.architecture_from_string,
        write=nasbench201.string_of,
    ),
    "nasbench-macro": Encoding(
        decisions=nasbench_macro.NasbenchMacroSpace().decisions,
        read=nasbench_macro.architecture_from_digits,
        write=nasbench_macro.digits_of,
    ),
}
"""By the name of the space."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BenchmarkTable:
    """One file; a value that it leaves empty is not a number."""

    path: Path
    space: str
    architectures: tuple[Architecture, ...]
    columns: Mapping[str, NDArray[np.float64]]
    """``(n_architectures,)`` each, in the order of the file."""

    @property
    def encoding(self) -> Encoding:
        """How its space is written."""
        return ENCODINGS[self.space]

    def values(self, column: str) -> dict[Architecture, float]:
        """One column by network, without empty values."""
        pairs = zip(self.architectures, self.columns[column].tolist(), strict=True)
        return {architecture: value for architecture, value in pairs if not math.isnan(value)}

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
        least = min(self.values(column).values(), default=1.0)
        if not 0 < least < math.inf:
            raise DataError(
                f"{self.path} holds the latency {least:g} ms in {column}. "
                "Correct that cell, or leave it empty."
            )


def read_benchmark(path: Path) -> BenchmarkTable:
    """Read either format; the content says which.

    Raises:
        DataError: The file is missing, damaged or something else.
    """
    text = _text(path)
    try:
        if text.lstrip().startswith("{"):
            return _macro(path, json.loads(text))
        return _nasbench201(path, text)
    except (HwnasError, ValueError, TypeError, KeyError, AttributeError, csv.Error) as error:
        raise DataError(
            f"{path} is no benchmark table: {_words(error)}. Name a NAS-Bench-201 CSV with a "
            "column arch_str, or NAS-Bench-Macro's nas-bench-macro_cifar10.json."
        ) from error


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"Cannot read the benchmark table {path}: {reason}. Name a whole .csv, .csv.gz or "
            ".json file."
        ) from error


def _macro(path: Path, entries: Mapping[str, Any]) -> BenchmarkTable:
    encoding = ENCODINGS["nasbench-macro"]
    accuracies = [float(entry[MACRO_COLUMN]) for entry in entries.values()]
    if not accuracies:
        raise ValueError("it is empty")
    return BenchmarkTable(
        path=path,
        space="nasbench-macro",
        architectures=tuple(encoding.read(digits) for digits in entries),
        columns={MACRO_COLUMN: np.array(accuracies)},
    )


def _nasbench201(path: Path, text: str) -> BenchmarkTable:
    heading, *lines = csv.reader(text.splitlines(), strict=True)
    if "arch_str" not in heading:
        raise ValueError("it has no column arch_str")
    if not lines:
        raise ValueError("it has a heading only")
    for number, line in enumerate(lines, start=2):
        if len(line) != len(heading):
            raise ValueError(f"line {number} has {len(line)} values, not {len(heading)}")
    columns = dict(zip(heading, zip(*lines, strict=True), strict=True))
    architectures = tuple(map(ENCODINGS["nasbench201"].read, columns["arch_str"]))
    if len(set(architectures)) < len(architectures):
        raise ValueError("a cell stands in it twice")
    return BenchmarkTable(
        path=path,
        space="nasbench201",
        architectures=architectures,
        columns={name: _numbers(name, columns[name]) for name in heading if name != "arch_str"},
    )


def _numbers(name: str, texts: Sequence[str]) -> NDArray[np.float64]:
    try:
        return np.array([text or "nan" for text in texts], dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"its column {name} holds {error}") from error


def _words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error).rstrip(".") or type(error).__name__
