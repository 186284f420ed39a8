"""``hwnas verify``: an ONNX file against its promises; the exit code is for CI."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from hwnas.cli.options import (
    Connection,
    Device,
    Engine,
    Json,
    MaxMemory,
    MaxSize,
    Quiet,
    SkipBad,
    Threads,
)
from hwnas.cli.show import Exit, print_json, print_table, say, showing_progress, told_bytes


def verify(
    model: Annotated[str, typer.Argument(help="An ONNX file; a foreign one can be timed too.")],
    latency: Annotated[
        str | None, typer.Option("--latency", help="The budget: 20ms, 0.4ms, 350us.")
    ] = None,
    device: Device = "local",
    engine: Engine = None,
    connection: Connection = None,
    threads: Threads = None,
    max_memory: MaxMemory = None,
    max_size: MaxSize = None,
    data: Annotated[
        str | None, typer.Option("--data", help="Test accuracy on this data set's test images.")
    ] = None,
    min_accuracy: Annotated[
        float | None, typer.Option("--min-accuracy", help="Least accuracy, from 0 to 1.")
    ] = None,
    skip_bad: SkipBad = False,
    allow_estimated: Annotated[
        bool,
        typer.Option("--allow-estimated", help="Let an estimated latency keep the budget."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time, measure and test a model on the device; exit 1 if a promise is not kept.

    Examples:
        hwnas verify model.int8.onnx --device x86-cpu --latency 20ms
        hwnas verify model.int8.onnx --max-memory 2MiB --max-size 500kB
        hwnas verify model.int8.onnx --latency 0.2ms --data fashion-mnist --min-accuracy 0.9
    """
    from hwnas.pipeline import verify as run

    with showing_progress(quiet=quiet) as on_progress:
        report = run(
            model,
            latency,
            device=device,
            engine=engine,
            connection=connection,
            threads=threads,
            max_memory=max_memory,
            max_size=max_size,
            data=data,
            min_accuracy=min_accuracy,
            skip_bad=skip_bad,
            allow_estimated=allow_estimated,
            on_progress=on_progress,
        )
    if json:
        print_json(asdict(report) | {"kept": report.kept, "failures": report.failures})
    else:
        _print(report)
    for failure in report.failures:
        say(failure)
    raise typer.Exit(Exit.KEPT if report.kept else Exit.BROKEN_PROMISE)


def _print(report: Any) -> None:  # noqa: ANN401
    measured = report.measured
    budget = "none" if report.budget_ms is None else f"{report.budget_ms:g} ms"
    rows = [
        ["latency", f"{measured.median_ms:.4g} ms ({measured.provenance})", budget],
        ["90 % of runs within", f"{measured.p90_ms:.4g} ms", ""],
        ["working set", told_bytes(report.memory_bytes), _limit(report.max_memory_bytes)],
        ["file", f"{report.file_bytes:,} bytes", _limit(report.max_file_bytes)],
    ]
    if report.ran_on is not None:
        rows.append(["operators on", _placed(report.ran_on), ""])
    told = "not compared" if report.difference is None else f"{100 * report.difference:.2g} %"
    rows.append(["differs from this processor", told, ""])
    if report.accuracy is not None:
        asked = "none" if report.min_accuracy is None else f"{100 * report.min_accuracy:g} %"
        rows.append(["accuracy, test", f"{100 * report.accuracy:.2f} %", asked])
    verdict = "kept" if report.kept else "NOT kept"
    title = f"{report.model} on {report.device}: {verdict}"
    print_table(title, {"": "left", "found": "left", "asked": "left"}, rows)


def _placed(ran_on: Mapping[str, Mapping[str, int]]) -> str:
    return ", ".join(f"{name} ({sum(kinds.values())})" for name, kinds in ran_on.items())


def _limit(n_bytes: int | None) -> str:
    return "none" if n_bytes is None else f"{n_bytes:,} bytes"
