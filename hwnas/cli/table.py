"""``hwnas table``: the latency tables at hand."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli.options import (
    Channels,
    Classes,
    DataForShape,
    Device,
    InputSize,
    Json,
    Precision,
    Quiet,
    Seed,
    Space,
    Threads,
)
from hwnas.cli.show import WithExamples, print_json, print_table, showing_progress

table_app = typer.Typer(
    help="The latency tables: list, show NAME, or score the predictions.", rich_markup_mode=None
)


@table_app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """The latency tables: list, show NAME, or score the predictions."""
    if context.invoked_subcommand is None:
        list_tables()


@table_app.command("list", cls=WithExamples)
def list_tables(json: Json = False) -> None:
    """List the tables at hand, one's own first.

    Example:
        hwnas table list
    """
    from hwnas.table import all_tables, read_table

    tables = [(path, read_table(path)) for path in all_tables()]
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
    name: Annotated[str, typer.Argument(help="A name of 'hwnas table list' or a .jsonl file.")],
    json: Json = False,
) -> None:
    """Print a table, slowest block first.

    Example:
        hwnas table show TABLE --json
    """
    from hwnas.block import block_to_json
    from hwnas.record import unknown_name
    from hwnas.table import all_tables, read_table

    known: dict[str, Path] = {}
    for path in all_tables():
        known.setdefault(path.stem, path)
    if not name.endswith(".jsonl") and name not in known:
        raise unknown_name("latency table", name, known)
    table = read_table(Path(name) if name.endswith(".jsonl") else known[name])
    rows = sorted(table.rows.items(), key=lambda row: -row[1].median_ms)
    if json:
        listed = [{"block": block_to_json(block), **asdict(row)} for block, row in rows]
        print_json({"header": asdict(table.header), "rows": listed})
        return
    columns = {"block": "left", "median ms": "right", "p90 ms": "right", "MAD ms": "right"}
    lines = [
        [str(block), f"{row.median_ms:.4f}", f"{row.p90_ms:.4f}", f"{row.mad_ms:.4f}"]
        for block, row in rows
    ]
    title = f"{name}: {table.header.provenance} on {table.header.fingerprint.cpu}"
    print_table(title, columns, lines)


@table_app.command(cls=WithExamples)
def score(
    device: Device = "local",
    space: Space = "mobilenet",
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    data: DataForShape = None,
    precision: Precision = None,
    threads: Threads = None,
    samples: Annotated[int, typer.Option("--samples", help="Random networks to time.")] = 20,
    seed: Seed = 0,
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
            precision=precision,
            threads=threads,
            samples=samples,
            seed=seed,
            on_progress=on_progress,
        )
    if json:
        print_json(found)
        return
    figures = found.figures
    rows = [
        ["mean error", f"{figures.mape:.2f} %"],
        ["root mean square error", f"{figures.rmspe:.2f} %"],
        ["worst error", f"{figures.worst:.2f} %"],
        ["within 5 %", f"{figures.within_5:.1f} %"],
        ["within 10 %", f"{figures.within_10:.1f} %"],
        ["Kendall tau", f"{figures.kendall_tau:.3f}"],
    ]
    title = f"{figures.n_networks} random networks of {space} on {device}{found.provenance.label}"
    print_table(title, {"predicted against measured": "left", "": "right"}, rows)
