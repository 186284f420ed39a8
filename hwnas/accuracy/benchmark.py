"""Accuracies asked of a published benchmark, counted and priced as if they were trained."""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hwnas.accuracy.benchmark_table import MACRO_COLUMN, BenchmarkTable
from hwnas.errors import DataError
from hwnas.space import Architecture

_COLUMN = re.compile(r"(?P<data>.*)_(?P<split>val|valid|validation|test)_(?P<epochs>\d+)")


def file_and_part(text: str) -> tuple[Path, str | None]:
    """A file and, after the last ``#``, a part of it; the file's own name may hold the sign.

    Raises:
        DataError: There is no file before the part, or more than one part.
    """
    file, mark, part = text.rpartition("#")
    if not mark or Path(text).exists():
        file, part = text, ""
    if not file or ("#" in file and not Path(file).exists()):
        what = "more than one part" if file else "no file"
        raise DataError(f"{text!r} names {what}. Write FILE or FILE#PART.")
    return Path(file), part or None


@dataclass(frozen=True, kw_only=True)
class AccuracyColumns:
    """The columns that are asked: a cheap accuracy while searching, the full one at the end."""

    cheap: str
    full: str
    n_epochs: int | None
    """Of one cheap training; ``None`` where the file does not say."""


class Benchmark:
    """An ``AccuracySource`` that tells the cheap accuracy; the full one is for the report only.

    A network asked for again costs nothing: what was trained is remembered.
    """

    def __init__(self, table: BenchmarkTable, data: str | None = None) -> None:
        """Choose the columns of ``data``, the part of their names before ``_val_12``.

        Raises:
            DataError: There are none, those of several data sets, or one is no accuracy, which
                the message names by its line.
        """
        self._table = table
        self.columns = accuracy_columns(table, data)
        self._cheap = _shares(table, self.columns.cheap)
        self._full = _shares(table, self.columns.full)
        self._asked: set[Architecture] = set()

    def fresh(self) -> Self:
        """The same accuracies, none asked for."""
        fresh = copy.copy(self)
        fresh._asked = set()
        return fresh

    @property
    def n_queries(self) -> int:
        """How many different networks were asked for."""
        return len(self._asked)

    @property
    def simulated_cost(self) -> int:
        """Epochs all queries would have trained; whole trainings where epochs are unknown."""
        return self.n_queries * (self.columns.n_epochs or 1)

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        """Every network, in the order of the file."""
        return self._table.architectures

    def was_asked(self, architecture: Architecture) -> bool:
        """Whether asking for it again would be free."""
        return architecture in self._asked

    def accuracy(self, architecture: Architecture) -> float:
        """The cheap accuracy, from 0 to 1; counts as a query.

        Raises:
            DataError: The table does not hold the network.
        """
        accuracy = self._of(architecture, self._cheap)
        self._asked.add(architecture)
        return accuracy

    def true_accuracy(self, architecture: Architecture) -> float:
        """The full accuracy, from 0 to 1; no query, and not to be searched by.

        Raises:
            DataError: The table does not hold the network.
        """
        return self._of(architecture, self._full)

    def _of(self, architecture: Architecture, values: dict[Architecture, float]) -> float:
        if architecture not in values:
            written = self._table.encoding.write(architecture)
            raise DataError(
                f"{self._table.path} has no accuracy of {written!r}. Use the complete table."
            )
        return values[architecture]


def accuracy_columns(table: BenchmarkTable, data: str | None = None) -> AccuracyColumns:
    """Of one data set, validation after the fewest epochs and test after the most.

    Columns are named ``DATA_val_EPOCHS`` and ``DATA_test_EPOCHS``; where one of the two splits is
    missing the other gives both, if for different epochs.

    Raises:
        DataError: There are none, or those of several data sets and none is named.
    """
    if table.space == "nasbench-macro":
        return AccuracyColumns(cheap=MACRO_COLUMN, full=MACRO_COLUMN, n_epochs=None)
    found: dict[str, list[re.Match[str]]] = {}
    for match in filter(None, map(_COLUMN.fullmatch, table.columns)):
        found.setdefault(match["data"], []).append(match)
    usable = {name: pair for name, of in found.items() if (pair := _pair(of)) is not None}
    if not usable:
        raise DataError(
            f"{table.path} needs a cheap and a full accuracy, such as c10_val_12 and "
            f"c10_test_200; its columns are {', '.join(table.columns)}. Name another file."
        )
    if data is None and len(usable) == 1:
        return next(iter(usable.values()))
    if data not in usable:
        raise DataError(
            f"{table.path} holds accuracies of {', '.join(usable)}, "
            f"{'and none of them is named' if data is None else f'not of {data}'}. "
            f"Name one, as in {table.path}#{next(iter(usable))}"
        )
    return usable[data]


def _pair(columns: Sequence[re.Match[str]]) -> AccuracyColumns | None:
    cheap = min(columns, key=lambda match: (match["split"] == "test", int(match["epochs"])))
    full = max(columns, key=lambda match: (match["split"] == "test", int(match["epochs"])))
    if cheap[0] == full[0]:
        return None
    return AccuracyColumns(cheap=cheap[0], full=full[0], n_epochs=int(cheap["epochs"]))


def _shares(table: BenchmarkTable, column: str) -> dict[Architecture, float]:
    """The column from 0 to 1, whether it is written so or in percent."""
    values = table.values(column)
    least, most = min(values.values(), default=-1.0), max(values.values(), default=-1.0)
    if not (least >= 0 and most <= 100):
        raise DataError(
            f"{table.path}: {column} runs from {least:g} to {most:g}, which is no accuracy. "
            "Correct the column or name another file."
        )
    scale = 100.0 if most > 1 else 1.0
    return {architecture: value / scale for architecture, value in values.items()}
