"""``hwnas table diff``, ``merge``, ``export``, ``import``, ``migrate``: tables as files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli.options import Batch, Device, Json, Precision, TableName, Threads
from hwnas.cli.show import print_json, print_table, say
from hwnas.errors import InvalidInputError


def diff(
    first: TableName,
    second: TableName,
    n_rows: Annotated[
        int, typer.Option("--rows", min=0, help="How many of the blocks that changed most.")
    ] = 10,
    json: Json = False,
) -> None:
    """Say what changed between two tables: settings, machine, blocks and their latencies.

    Example:
        hwnas table diff before.jsonl after.jsonl
    """
    from hwnas.block import block_to_json
    from hwnas.table import compare, table_named

    found = compare(table_named(first), table_named(second))
    if json:
        print_json(
            {
                "settings": found.settings,
                "only_in_first": [block_to_json(block) for block in found.only_in_first],
                "only_in_second": [block_to_json(block) for block in found.only_in_second],
                "changes": [
                    {**asdict(change), "block": block_to_json(change.block)}
                    for change in found.changes
                ],
                "median_ratio": found.median_ratio,
                "ratio_spread": found.ratio_spread,
            }
        )
        return
    settings = [[name, str(a), str(b)] for name, (a, b) in found.settings.items()]
    headings = dict.fromkeys(("setting", "first", "second"), "left")
    if settings:
        print_table("settings that differ", headings, settings)
    columns = {
        "block": "left",
        "first ms": "right",
        "second ms": "right",
        "second / first": "right",
    }
    rows = [
        [str(c.block), f"{c.before_ms:.4f}", f"{c.after_ms:.4f}", f"{c.ratio:.3f}"]
        for c in found.changes[:n_rows]
        if c.before_ms != c.after_ms
    ]
    if rows:
        print_table("the blocks that changed most", columns, rows)
    print(
        f"{len(found.changes)} blocks in both, {len(found.only_in_first)} only in the first, "
        f"{len(found.only_in_second)} only in the second."
    )
    if found.median_ratio is not None:
        print(
            f"The second takes {found.median_ratio:.4f} times the first in median "
            f"(quartile range {found.ratio_spread:.4f})."
        )


def merge(
    names: Annotated[list[str], typer.Argument(help="Tables of one device and machine.")],
    out: Annotated[Path, typer.Option("--out", help="The table to write (.jsonl).")],
) -> None:
    """Join tables of one device and machine; of two rows the surer one stays.

    How well the joined table predicts is told again once hwnas profile has seen it.

    Example:
        hwnas table merge monday.jsonl tuesday.jsonl --out both.jsonl
    """
    from hwnas.pipeline import merge_tables

    table = merge_tables(names, out)
    print(f"{len(table.rows)} blocks and {len(table.networks)} networks lie in {out}")


def export(
    name: TableName,
    csv: Annotated[Path | None, typer.Option("--csv", help="The CSV file to write.")] = None,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", help="The Parquet file to write.")
    ] = None,
) -> None:
    """Write a table's blocks as CSV or Parquet, one flat row each.

    Example:
        hwnas table export TABLE --csv table.csv
    """
    from hwnas.table import table_named, write_csv, write_parquet

    if csv is None and parquet is None:
        raise InvalidInputError("An export needs a file. Give --csv FILE or --parquet FILE.")
    table = table_named(name)
    named = [path.resolve() for path in (csv, parquet, table.path) if path is not None]
    if len(set(named)) < len(named):
        raise InvalidInputError(
            "The files of an export are the table's own or one and the same. Name others."
        )
    for path, write in ((csv, write_csv), (parquet, write_parquet)):
        if path is not None:
            write(path, table)
            print(f"{len(table.rows)} blocks lie in {path}")


def import_(
    source: Annotated[
        Path, typer.Argument(help="A ProxylessNAS or Once-for-All table (.yaml), or a .csv.")
    ],
    device: Device = "local",
    precision: Precision = None,
    threads: Threads = None,
    batch: Batch = None,
) -> None:
    """Make a table of what was measured elsewhere; it is never taken for this machine's.

    Example:
        hwnas table import mobile_trim.yaml --device my-phone.toml --precision float32
    """
    from hwnas.pipeline import device_with, import_table

    target = device_with(device, precision=precision, threads=threads, batch=batch)
    found = import_table(source, target)
    if found.unmapped:
        say(
            f"Left out, being no part of a block of hwnas: {len(found.unmapped)} of the keys, "
            f"such as {found.unmapped[0]!r}."
        )
    print(f"{found.n_blocks} blocks lie in {found.path}")


def migrate(
    name: TableName,
) -> None:
    """Rewrite an older table for this version; the old file is kept.

    Example:
        hwnas table migrate latency_tables/x86-cpu-int8-t1-b1-a758fd-c831ea.jsonl
    """
    from hwnas.pipeline import migrate_table

    new, kept = migrate_table(name)
    print(f"The table is now {new}; the old one is kept as {kept}")
    print("Its rows were timed once each: 'hwnas profile' times them again.")
