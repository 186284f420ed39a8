"""How the commands speak: one console for people, plain JSON for scripts."""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import IntEnum
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from typer import BadParameter
from typer.core import TyperCommand

from hwnas.cli.interrupt import INTERRUPTED_CODE
from hwnas.progress import OnProgress, Progress, silent

console = Console(stderr=True, highlight=False)
"""Everything that is not the answer goes to standard error."""


class Exit(IntEnum):
    """Every exit code; a crash has one of its own, so that CI does not read it as too slow."""

    KEPT = 0
    BROKEN_PROMISE = 1
    WRONG_USE = 2
    NOTHING_FITS = 3
    CRASHED = 70
    INTERRUPTED = INTERRUPTED_CODE
    READER_LEFT = 141


UNBROKEN = 10_000
"""Columns of a terminal that breaks no line."""
SCATTER_COLUMNS, SCATTER_ROWS = 56, 18
"""Of a picture made of characters."""
SPEED_PERIOD_S = 600
"""Over how long the time left is estimated: an epoch can take minutes."""


def print_json(value: Any) -> None:  # noqa: ANN401
    """A dataclass or plain value as JSON on standard output; what is no number is null."""
    plain = asdict(value) if hasattr(value, "__dataclass_fields__") else value
    print(json.dumps(_without_nan(plain), indent=2, allow_nan=False, default=str))


def say(message: object) -> None:
    """A line on standard error, as it is: no markup, no breaks within a path."""
    console.print(str(message), markup=False, soft_wrap=True)


def told_bytes(n_bytes: int | None) -> str:
    """A number of bytes, or that the engine does not tell it."""
    return "not told by the engine" if n_bytes is None else f"{n_bytes:,} bytes"


def say_left_in_float(operators: Iterable[str]) -> None:
    """One line that counts them by kind; nothing if there are none."""
    kinds = Counter(operator.split()[0] for operator in operators)
    if kinds:
        counted = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
        say(f"Left in float: {counted}. Convolutions and matrix products are all integer.")


def print_table(title: str, columns: dict[str, str], rows: list[list[str]]) -> None:
    """A title and a table on standard output; ``columns`` maps each heading to left or right.

    What stands in the first column is never broken; in a pipe nothing is.
    """
    table = Table()
    for place, (heading, justify) in enumerate(columns.items()):
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=place == 0)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(Text, row))  # as text: a path may hold what looks like markup
    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=UNBROKEN)
    out.print(Text(title, style="bold"), soft_wrap=True)
    out.print(table)


def scatter(pairs: Sequence[tuple[float, float]], x_name: str, y_name: str) -> str:
    """Points as text, both axes to the same scale, the diagonal dotted."""
    values = [value for pair in pairs for value in pair]
    least, most = min(values), max(values)
    rows = [[" "] * SCATTER_COLUMNS for _ in range(SCATTER_ROWS)]

    def place(value: float, n_cells: int) -> int:
        return round((value - least) / ((most - least) or 1.0) * (n_cells - 1))

    for column in range(SCATTER_COLUMNS):
        rows[column * SCATTER_ROWS // SCATTER_COLUMNS][column] = "·"
    for x, y in pairs:
        rows[place(y, SCATTER_ROWS)][place(x, SCATTER_COLUMNS)] = "o"
    lines = [f"  │{''.join(row).rstrip()}" for row in reversed(rows)]
    ends = f"{least:.4g}".ljust(SCATTER_COLUMNS - len(f"{most:.4g}")) + f"{most:.4g}"
    return "\n".join(
        [f"{y_name} over {x_name}", *lines, f"  └{'─' * SCATTER_COLUMNS}", f"   {ends}"]
    )


class WithExamples(TyperCommand):
    """A command whose help keeps the lines of its examples, and that takes no empty value."""

    def __init__(self, *args: Any, help: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        unwrapped = help and help.replace("\n\nExample", "\n\n\b\nExample")
        super().__init__(*args, help=unwrapped, **kwargs)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """As any command's; an empty path would be taken for the current folder."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.params:
            value = given.get(param.name)
            if value == "" or (isinstance(value, list | tuple) and "" in value):
                raise BadParameter("it is empty", ctx=ctx, param=param)  # type: ignore[arg-type]
        return super().parse_args(ctx, args)


@contextmanager
def showing_progress(*, quiet: bool) -> Iterator[OnProgress]:
    """Bars with the time left on a terminal, a line every tenth of a phase elsewhere."""
    if quiet:
        yield silent
    elif console.is_terminal:
        with _bars() as bars:
            yield _OnTerminal(bars)
    else:
        yield _InLog()


class _OnTerminal:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        if not progress.total:
            self._bars.console.print(progress.note, markup=False)
            return
        if progress.phase not in self._tasks:
            self._tasks[progress.phase] = self._bars.add_task(progress.phase, note="")
        self._bars.update(
            self._tasks[progress.phase],
            completed=progress.done,
            total=progress.total,
            note=progress.note,
        )

    def seconds_left(self, phase: str) -> float | None:
        """By the speed of the phase so far; nothing before it is known."""
        task = next(task for task in self._bars.tasks if task.id == self._tasks[phase])
        return task.time_remaining


class _InLog:
    """Plain lines for CI logs, a tenth of a phase each; no control characters."""

    def __init__(self) -> None:
        self._watch = _OnTerminal(_bars(disable=True))
        self._shown: dict[str, int] = {}

    def __call__(self, progress: Progress) -> None:
        if not progress.total:
            print(progress.note, file=sys.stderr, flush=True)
            return
        self._watch(progress)
        tenth = 10 * progress.done // progress.total
        if self._shown.get(progress.phase) != tenth:
            self._shown[progress.phase] = tenth
            left = self._watch.seconds_left(progress.phase)
            estimate = f" (about {left:.0f} s left)" if left else ""
            line = f"{progress.phase}: {progress.done}/{progress.total} {progress.note}"
            print(line.rstrip() + estimate, file=sys.stderr, flush=True)


def _without_nan(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _bars(*, disable: bool = False) -> Bars:
    return Bars(
        TextColumn("{task.description:>12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        disable=disable,
        speed_estimate_period=SPEED_PERIOD_S,
    )
