"""Tables of older versions become tables of this one."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hwnas.device import DeviceSpec, Fingerprint, measuring_cpus
from hwnas.errors import TableError
from hwnas.measure import BLOCK_ROUNDS
from hwnas.record import read_record
from hwnas.table.file_format import FORMAT, OLDER, read_table, write_table
from hwnas.table.latency_table import LatencyTable
from hwnas.table.store import table_name
from hwnas.whole_file import write_whole


def migrate(path: Path, machine_of: Callable[[DeviceSpec], Fingerprint]) -> tuple[Path, Path]:
    """Rewrite a table of version 1 beside itself, under the name this version looks for.

    Its rows were timed in one go each, so none is settled; the next profile times them again.
    Version 1 measured on the last processors allowed, which is filled in where the table is this
    machine's.

    Args:
        path: The old table.
        machine_of: This machine's fingerprint with a device's engine.

    Returns:
        The new file, and where the old one was moved.

    Raises:
        TableError: It is no table of version 1.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        header = json.loads(lines[0])
        if header["format"] != OLDER:
            raise ValueError(f"its format is {header['format']!r}, not {OLDER!r}")
        rows = [{**json.loads(line), "settled": False} for line in lines[1:]]
        table = _migrated(path, header, rows, machine_of)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, IndexError, TypeError) as error:
        raise TableError(
            f"Cannot migrate {path}: {error}. Name a table of version 1, or profile again."
        ) from error
    kept = path.with_suffix(".jsonl.v1")
    new = path.with_name(table_name(table.header.device, table.header.fingerprint))
    path.replace(kept)
    write_table(new, table)
    return new, kept


def _migrated(
    path: Path,
    header: dict[str, Any],
    rows: list[Any],
    machine_of: Callable[[DeviceSpec], Fingerprint],
) -> LatencyTable:
    """Through the file format, so that every value is checked."""
    device = read_record(DeviceSpec, header["device"], str(path))
    here = asdict(machine_of(device))
    del here["affinity"]
    affinity = measuring_cpus(device.threads) if header["fingerprint"] == here else []
    header |= {
        "format": FORMAT,
        "plan": asdict(BLOCK_ROUNDS),
        "fingerprint": {**header["fingerprint"], "affinity": affinity},
    }
    trial = path.with_suffix(".migrating")
    write_whole(trial, "".join(json.dumps(row) + "\n" for row in (header, *rows)))
    try:
        return replace(read_table(trial), path=None)
    finally:
        trial.unlink(missing_ok=True)
