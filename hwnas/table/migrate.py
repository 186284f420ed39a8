"""Tables of older versions become tables of this one."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwnas.device import DeviceSpec, Fingerprint, measuring_cpus
from hwnas.errors import TableError, reason
from hwnas.measure import BLOCK_ROUNDS
from hwnas.record import read_record
from hwnas.table.file_format import (
    FORMAT,
    MOVE,
    OLDER,
    parse_table,
    read_header,
    write_table,
)
from hwnas.table.latency_table import LatencyTable
from hwnas.table.store import table_name
from hwnas.whole_file import write_whole

ELSEWHERE = "copy the table to another folder and migrate it there"

MachineOf = Callable[[DeviceSpec], Fingerprint]


def migrate(path: Path, machine_of: MachineOf) -> tuple[Path, Path]:
    """Rewrite an older table beside itself, under the name this version looks for.

    Its rows are other statistics than this version's (version 1 timed each in one go, version 2
    kept medians of visits), so none is settled; the next profile times them again.
    Version 1 measured on the last processors allowed, which is filled in where the table is this
    machine's. Nothing that is there already is overwritten.

    Args:
        path: The old table.
        machine_of: This machine's fingerprint with a device's engine.

    Returns:
        The new file, and where the old one was moved.

    Raises:
        TableError: It is no older table, or a new one is there already.
        RunError: The disk refuses.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(
            f"Cannot migrate {path}: {reason(error)}. Name an older hwnas's table."
        ) from error
    table = _migrated(path, content.removesuffix("\n").split("\n"), machine_of)
    new = path.with_name(table_name(table.header.device, table.header.fingerprint))
    kept = path.with_name(f"{path.name}.v{_version(content)}")
    if new.exists() and not new.samefile(path):
        raise TableError(
            f"{path} would become {new}, which is there already and stays as it is. Delete the "
            "old table, or move the new one away and migrate again."
        )
    if kept.exists() and kept.read_bytes() != content.encode():
        raise TableError(
            f"{path} would be kept as {kept}, where another file lies. Move that away first."
        )
    write_whole(kept, content, ELSEWHERE)
    write_table(new, table, ELSEWHERE)
    if not new.samefile(path):
        path.unlink()
    return new, kept


def _migrated(path: Path, lines: list[str], machine_of: MachineOf) -> LatencyTable:
    """Through the file format, so that every value is checked and a bad line has its number."""
    header = read_header(lines[0], str(path))
    if header["format"] not in OLDER:
        raise TableError(f"{path} is a table of this hwnas already. Use it as it is.")
    device = read_record(DeviceSpec, header.get("device"), f"the device of {path} line 1", MOVE)
    header |= {
        "format": FORMAT,
        "plan": asdict(BLOCK_ROUNDS),
        "fingerprint": _with_affinity(header.get("fingerprint"), machine_of(device), device),
    }
    return parse_table([json.dumps(header), *map(_unsettled, lines[1:])], str(path))


def _with_affinity(machine: Any, here: Fingerprint, device: DeviceSpec) -> Any:  # noqa: ANN401
    """The old fingerprint with what version 1 pinned to, if it is known to be this machine's."""
    if not isinstance(machine, dict) or "affinity" in machine:
        return machine
    is_this = asdict(here) | machine == asdict(here)
    return {**machine, "affinity": measuring_cpus(device.threads) if is_this else []}


def _version(content: str) -> str:
    """The number at the end of an old table's format."""
    return str(json.loads(content.split("\n", 1)[0])["format"]).rpartition("/")[2]


def _unsettled(line: str) -> str:
    """The row marked; a damaged line as it is, for the reader to name."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return json.dumps({**row, "settled": False}) if isinstance(row, dict) else line
