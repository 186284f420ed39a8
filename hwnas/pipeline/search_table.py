"""``hwnas search --accuracy``: texts into a tabular problem, and its result as plain values."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwnas.accuracy import BenchmarkTable, file_and_part, read_benchmark
from hwnas.accuracy.benchmark_table import LATENCY_PREFIX
from hwnas.errors import InvalidInputError
from hwnas.measure import Provenance
from hwnas.pipeline.arguments import check_seed, given
from hwnas.pipeline.exploration import EXPLORATION
from hwnas.pipeline.kept_table import KeptTableRun, kept_table_run
from hwnas.pipeline.quantity import check_least, milliseconds
from hwnas.pipeline.tabular import (
    N_QUERIES,
    Found,
    TabularProblem,
    search_benchmark,
    search_learned,
)
from hwnas.pipeline.work_folder import check_new_run
from hwnas.progress import OnProgress, silent
from hwnas.report import TabularResult
from hwnas.version import versions
from hwnas.whole_file import write_whole

SCHEME = "benchmark:"
"""Before the file of a benchmark, where a device or a source of accuracy could be named."""


@dataclass(frozen=True)
class Column:
    """A device: one column of latencies."""

    table: BenchmarkTable
    name: str


def search_table(  # noqa: PLR0913 - a command's options
    accuracy: str | None = None,
    latency: str | None = None,
    *,
    run: str | Path | None = None,
    space: str | None = None,
    device: str | None = None,
    strategy: str | None = None,
    queries: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    on_progress: OnProgress = silent,
) -> TabularResult:
    """Find the most accurate network of a published benchmark within a latency.

    From a ``run`` nothing is asked for: what that search learned serves this latency and device.

    Args:
        accuracy: ``benchmark:FILE``, or ``benchmark:FILE#c100`` where it holds several data sets.
        latency: The budget with its unit; without one any network fits.
        run: The folder of a search on a table, whose other options are left out here.
        space: ``nasbench201`` or ``nasbench-macro``: what the file must hold; by default its own.
        device: ``benchmark:FILE#COLUMN``, or a column of the file of accuracies.
        strategy: A name of ``hwnas.search.STRATEGIES``; ``ddpnas`` by default.
        queries: The most distinct networks to ask for, 420 by default; DDPNAS asks for 42 of
            NAS-Bench-201, and then for the best by its scores.
        seed: Of everything random; 0 by default.
        out: A folder for ``result.json`` and what was learned; nothing is written without one.
        on_progress: Told of every query.

    Raises:
        NoNetworkFitsError: No network of the table keeps the budget.
        HwnasError: A value or file cannot be used.
    """
    named: dict[str, Any] = {"accuracy": accuracy, "space": space, "strategy": strategy}
    named |= {"queries": queries, "seed": seed}
    start = None if run is None else kept_table_run(Path(run), named)
    options = _options(named) if start is None else start.settled
    check_seed(options["seed"])
    check_least(1, queries=options["queries"])
    folder = None if out is None else Path(out)
    if folder is not None:
        check_new_run(folder)
    file, data = _split(options["accuracy"], "--accuracy")
    table = read_benchmark(file)
    options["space"] = options["space"] or table.space
    _check_space(table, options["space"])
    column = None if device is None else _device(device, table)
    problem = TabularProblem(
        table=table,
        data=data,
        latencies_ms=None if column is None else column.table.values(column.name),
        limit_ms=_limit_ms(latency, table, has_device=column is not None),
    )
    if start is not None:
        found = search_learned(problem, start.learned(table))
    else:
        found = search_benchmark(
            problem,
            options["strategy"],
            seed=options["seed"],
            n_queries=options["queries"],
            on_progress=on_progress,
        )
    result = _result(problem, found, column, options, run)
    if folder is not None:
        kept = KeptTableRun.of(found.learned, table, **options)
        for name, document in ((EXPLORATION, kept.to_json()), ("result.json", asdict(result))):
            write_whole(folder / name, json.dumps(document, indent=2) + "\n")
    return result


DEFAULTS: Mapping[str, Any] = {
    "space": None,
    "strategy": "ddpnas",
    "queries": N_QUERIES,
    "seed": 0,
}


def _options(named: Mapping[str, Any]) -> dict[str, Any]:
    if named["accuracy"] is None:
        raise InvalidInputError(
            "No table is named. Give --accuracy benchmark:FILE, or --from a search of one."
        )
    return {**DEFAULTS, **given(named)}


def is_benchmark(text: str) -> bool:
    """Whether a device or a source of accuracy is a benchmark's."""
    return text.startswith(SCHEME)


def _result(
    problem: TabularProblem,
    found: Found,
    column: Column | None,
    options: Mapping[str, Any],
    run: str | Path | None,
) -> TabularResult:
    source, architecture = found.source, found.architecture
    return TabularResult(
        space=problem.table.space,
        strategy=options["strategy"],
        seed=options["seed"],
        accuracy_table=str(problem.table.path),
        cheap_column=source.columns.cheap,
        full_column=source.columns.full,
        device=None if column is None else column.name,
        device_table=None if column is None else str(column.table.path),
        provenance=Provenance.IMPORTED,
        latency_budget_ms=problem.limit_ms,
        architecture=problem.table.encoding.write(architecture),
        cheap_accuracy=found.cheap_accuracy,
        true_accuracy=source.true_accuracy(architecture),
        true_latency_ms=(problem.latencies_ms or {}).get(architecture),
        best_feasible_accuracy=problem.best_accuracy,
        n_networks=len(source.architectures),
        n_feasible=len(problem.fitting),
        queries=source.n_queries,
        simulated_cost=source.simulated_cost,
        simulated_cost_unit="epochs" if source.columns.n_epochs else "trainings",
        versions=versions(),
        started_from=None if run is None else str(run),
    )


def _split(text: str, option: str) -> tuple[Path, str | None]:
    """The file and the part of it that ``benchmark:FILE#PART`` names."""
    if not is_benchmark(text):
        raise InvalidInputError(f"{option} {text} names no table. Write {option} {SCHEME}FILE.")
    return file_and_part(text.removeprefix(SCHEME))


def _check_space(table: BenchmarkTable, space: str) -> None:
    if space != table.space:
        raise InvalidInputError(
            f"{table.path} holds networks of {table.space}, not of {space}. "
            f"Give --space {table.space} or name another file."
        )


def _device(device: str, table: BenchmarkTable) -> Column:
    if not is_benchmark(device):
        return Column(table, _column(device, table))
    file, column = _split(device, "--device")
    other = table if file == table.path else read_benchmark(file)
    _check_space(other, table.space)
    if column is None:
        raise InvalidInputError(
            f"--device {device} names no column. Write --device {device}#COLUMN with one of "
            f"{', '.join(_devices_of(other)) or 'its latencies, of which it has none'}."
        )
    return Column(other, other.latency_column(column))


def _column(device: str, table: BenchmarkTable) -> str:
    devices = _devices_of(table)
    if not {device, LATENCY_PREFIX + device} & set(devices):
        known = f" with one of {', '.join(devices)}" if devices else ""
        raise InvalidInputError(
            f"--device {device} is no latency column of {table.path}, and a table's networks are "
            f"not timed. Write --device {SCHEME}FILE#COLUMN{known}."
        )
    return table.latency_column(device)


def _devices_of(table: BenchmarkTable) -> list[str]:
    return [column for column in table.columns if column.startswith(LATENCY_PREFIX)]


def _limit_ms(latency: str | None, table: BenchmarkTable, *, has_device: bool) -> float | None:
    if latency is None:
        return None
    if not has_device:
        raise InvalidInputError(
            f"--latency {latency} needs a latency column. Write --device {SCHEME}{table.path}"
            "#COLUMN, or leave --latency out."
        )
    return milliseconds(latency)
