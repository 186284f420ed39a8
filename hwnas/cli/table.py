"""``hwnas table``: the latency tables at hand."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli.options import (
    Channels,
    Classes,
    Connection,
    DataForShape,
    Device,
    Engine,
    InputSize,
    Json,
    Precision,
    Quiet,
    Seed,
    Space,
    TableName,
    Threads,
)
from hwnas.cli.show import WithExamples, print_json, print_table, scatter, showing_progress
from hwnas.cli.table_choose import choose
from hwnas.cli.table_files import diff, export, import_, merge, migrate
from hwnas.cli.table_fit import fit

if TYPE_CHECKING:
    from hwnas.measure import Measurement
    from hwnas.pipeline import Coverage, TableScore
    from hwnas.table import LatencyTable

SUMMARY = (
    "The latency tables: list, show, score, choose, fit, diff, merge, export, import, migrate."
)

table_app = typer.Typer(help=SUMMARY, rich_markup_mode=None)
for command in (choose, fit, diff, merge, export, migrate):
    table_app.command(cls=WithExamples)(command)
table_app.command("import", cls=WithExamples)(import_)


@table_app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """The latency tables: list, show, score, choose, fit, diff, merge, export, import, migrate."""
    if context.invoked_subcommand is None:
        list_tables()


@table_app.command("list", cls=WithExamples)
def list_tables(json: Json = False) -> None:
    """List the tables at hand, one's own first; what cannot be read is said on standard error.

    Example:
        hwnas table list
    """
    from hwnas.errors import TableError
    from hwnas.table import all_tables, read_table

    tables = []
    for path in all_tables():
        try:
            tables.append((path, read_table(path)))
        except TableError as error:
            print(error, file=sys.stderr)
    if json:
        print_json(
            [
                {"path": str(path), "n_blocks": len(table.rows), **asdict(table.header)}
                for path, table in tables
            ]
        )
        return
    rows = [
        [
            path.stem,
            str(len(table.rows)),
            table.header.provenance,
            table.header.fingerprint.cpu,
            str(path.parent),
        ]
        for path, table in tables
    ]
    columns = ("table", "blocks", "provenance", "machine", "folder")
    print_table("latency tables", dict.fromkeys(columns, "left"), rows)


@table_app.command(cls=WithExamples)
def show(
    name: TableName,
    space: Annotated[
        str | None,
        typer.Option("--space", help="Say which of its blocks are there and what it can reach."),
    ] = None,
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    data: DataForShape = None,
    json: Json = False,
) -> None:
    """Print how good a table is and its rows, slowest block first.

    Example:
        hwnas table show TABLE --space mobilenet --input-size 28 --channels 1 --classes 10
    """
    from hwnas.block import block_to_json
    from hwnas.table import table_named

    table = table_named(name)
    coverage = (
        None if space is None else _coverage(table, space, input_size, channels, classes, data)
    )
    rows = sorted(table.rows.items(), key=lambda row: -row[1].median_ms)
    if json:
        listed = [{"block": block_to_json(block), **asdict(row)} for block, row in rows]
        print_json(
            {
                "header": asdict(table.header),
                "coverage": None if coverage is None else asdict(coverage),
                "rows": listed,
            }
        )
        return
    _print_quality(table)
    columns = {"block": "left", "median ms": "right", "± %": "right", "p90 ms": "right"}
    lines = [
        [str(block), f"{row.median_ms:.4f}", _interval(row), f"{row.p90_ms:.4f}"]
        for block, row in rows
    ]
    title = f"{name}: {table.header.provenance} on {table.header.fingerprint.cpu}"
    print_table(title, columns, lines)
    if coverage is not None:
        print(coverage.text)


def _coverage(
    table: "LatencyTable",
    space: str,
    input_size: int,
    channels: int,
    classes: int,
    data: str | None,
) -> "Coverage":
    from hwnas.pipeline import coverage_of, space_for
    from hwnas.progress import silent

    shape = input_size, channels, classes
    return coverage_of(table, space_for(table.header.device, space, shape, data, silent))


def _interval(row: "Measurement") -> str:
    """Half the median's 95 % confidence interval in per cent; marked if that is too wide."""
    width = "unknown" if row.half_interval is None else f"{100 * row.half_interval:.2f}"
    return width + ("" if row.settled else " (unsettled)")


def _tau(tau: float | None) -> str:
    return "unknown" if tau is None else f"{tau:.3f}"


def _print_quality(table: "LatencyTable") -> None:
    """How good the table says it is, a line a space."""
    rows = [
        [
            quality.space,
            str(quality.n_networks),
            f"{quality.mape:.2f} %",
            f"{quality.worst:.2f} %",
            f"{quality.within_5:.0f} %",
            _tau(quality.kendall_tau),
            f"{quality.repeatability:.2f} %",
        ]
        for quality in table.header.quality
    ]
    names = ("networks left out", "n", "mean error", "worst", "within 5 %", "tau", "floor")
    if rows:
        print_table("how well blocks predict networks", dict.fromkeys(names, "left"), rows)


@table_app.command(cls=WithExamples)
def score(
    device: Device = "local",
    space: Space = "mobilenet",
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    data: DataForShape = None,
    engine: Engine = None,
    connection: Connection = None,
    precision: Precision = None,
    threads: Threads = None,
    samples: Annotated[int, typer.Option("--samples", help="Random networks to time.")] = 20,
    seed: Seed = 0,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="A new folder for the networks, scatter.png and score.json."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time random whole networks and hold them against what their blocks predict.

    Example:
        hwnas table score --device x86-cpu --input-size 28 --samples 20
    """
    from hwnas.pipeline import score_table

    with showing_progress(quiet=quiet) as on_progress:
        found = score_table(
            device,
            space=space,
            input_size=input_size,
            in_channels=channels,
            n_classes=classes,
            data=data,
            engine=engine,
            connection=connection,
            precision=precision,
            threads=threads,
            samples=samples,
            seed=seed,
            keep=keep,
            on_progress=on_progress,
        )
    if json:
        print_json(found)
        return
    _print_networks(found)
    figures = found.figures
    rows = [
        ["mean error", f"{figures.mape:.2f} %"],
        ["root mean square error", f"{figures.rmspe:.2f} %"],
        ["worst error", f"{figures.worst:.2f} %"],
        ["within 5 %", f"{figures.within_5:.1f} %"],
        ["within 10 %", f"{figures.within_10:.1f} %"],
        ["Kendall tau", _tau(figures.kendall_tau)],
        ["repeatability floor", f"{found.repeatability:.2f} %"],
        ["tau of half the visits with the others", _tau(found.repeat_tau)],
    ]
    if found.drift is not None:
        rows.append(["machine since the table was made", f"{100 * (found.drift - 1):+.2f} %"])
    title = f"{figures.n_networks} random networks of {space} on {device}{found.provenance.label}"
    print_table(title, {"predicted against measured": "left", "": "right"}, rows)
    if keep is not None:
        print(f"The networks, score.json and scatter.png lie in {keep}")


def _print_networks(found: "TableScore") -> None:
    """Each network, and the cloud of them."""
    columns = {
        "network": "right",
        "predicted ms": "right",
        "measured ms": "right",
        "error": "right",
    }
    rows = [
        [
            str(number),
            f"{network.predicted_ms:.4f}",
            f"{network.measured_ms:.4f}" + ("" if network.settled else " (unsettled)"),
            f"{100 * (network.predicted_ms / network.measured_ms - 1):+.2f} %",
        ]
        for number, network in enumerate(found.networks)
    ]
    print_table("networks", columns, rows)
    pairs = [(network.predicted_ms, network.measured_ms) for network in found.networks]
    print(scatter(pairs, "predicted ms", "measured ms"))
