"""``hwnas table``'s work on files: find, merge, import, migrate."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, Fingerprint
from hwnas.errors import InvalidInputError
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.measure.engine import engine_for
from hwnas.table import (
    Conditions,
    LatencyTable,
    TableHeader,
    merged,
    migrate,
    read_csv,
    read_proxyless,
    table_file,
    table_named,
    table_path,
    write_table,
)

YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Imported:
    """A foreign table at rest; ``unmapped`` are the keys that are no block."""

    path: Path
    n_blocks: int
    unmapped: tuple[str, ...]


def merge_tables(names: Sequence[str], out: Path) -> LatencyTable:
    """Write the union of tables of one device and machine to ``out``.

    Raises:
        InvalidInputError: Fewer than two tables, or a name that is no table's.
        TableError: They do not belong together.
    """
    if len(names) < 2:
        raise InvalidInputError(f"One table ({names[0]}) merges with nothing. Name two or more.")
    if out.suffix != ".jsonl":
        raise InvalidInputError(f"A table's name ends in .jsonl, got --out {out}. Name it so.")
    tables = [table_named(name) for name in names]
    joined = {table.path.resolve() for table in tables if table.path is not None}
    if out.exists() and out.resolve() not in joined:
        raise InvalidInputError(
            f"{out} is there already and not among the tables to join. Add it, or name another."
        )
    table = merged(tables)
    write_table(out, table, "name another place with --out")
    return table


def import_table(source: Path, device: DeviceSpec) -> Imported:
    """Make a table of another tool's YAML or a CSV.

    Its numbers are of a machine that hwnas knows nothing of, so its fingerprint names the file
    and its digest, and matches no machine: ``search`` never takes it for this one's. The table
    and the rows that claim to be measured are labelled ``imported``; a row that the file calls
    simulated, emulated or estimated stays so. Nobody knows under which conditions it was timed.

    Raises:
        TableError: It cannot be read.
    """
    unmapped: tuple[str, ...] = ()
    if source.suffix.lower() in YAML:
        foreign = read_proxyless(source)
        rows, unmapped = foreign.rows, foreign.unmapped
    elif source.suffix.lower() == ".csv":
        rows = read_csv(source, device)
    else:
        raise InvalidInputError(
            f"{source} is neither .yaml nor .csv. Name a ProxylessNAS-style YAML table or a CSV."
        )
    kept = {block: _foreign(row) for block, row in rows.items()}
    path = write_foreign_table(device, "imported from", source, kept, Provenance.IMPORTED)
    return Imported(path, len(rows), unmapped)


def write_foreign_table(
    device: DeviceSpec,
    how: str,
    source: Path,
    rows: Mapping[BlockSpec, Measurement],
    provenance: Provenance,
    conditions: Conditions | None = None,
) -> Path:
    """Keep what a file tells of a machine that hwnas knows nothing of, as the device's table.

    Its fingerprint says ``how`` and names the file and its digest, so it matches no machine.
    """
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:8]
    machine = Fingerprint(
        cpu=f"{how} {source.name} ({digest})",
        machine="unknown",
        n_cpus=0,
        governor="",
        system="unknown",
        engine_version="unknown",
    )
    header = TableHeader(
        device=device,
        plan=BLOCK_ROUNDS,
        fingerprint=machine,
        provenance=provenance,
        conditions=conditions,
    )
    path = table_path(device, machine)
    write_table(path, LatencyTable(header, rows))
    return path


def _foreign(row: Measurement) -> Measurement:
    """A row that may not be quoted as a device's latency."""
    return row if row.provenance.label else replace(row, provenance=Provenance.IMPORTED)


def migrate_table(name: str) -> tuple[Path, Path]:
    """Rewrite an older table for this version: the new file, and where the old one is kept."""
    return migrate(table_file(name), lambda device: engine_for(device).fingerprint(device))
