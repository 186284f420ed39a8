"""Where tables lie, and which of them is this device's on this machine."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import platformdirs

from hwnas.device import DeviceSpec, Fingerprint, shipped_folder
from hwnas.table.file_format import read_table
from hwnas.table.latency_table import LatencyTable

NOT_ABOUT_SPEED = ("description", "peak")


def own_folder() -> Path:
    """Where new tables are written.

    ``$HWNAS_TABLES`` if set, else ``latency_tables`` in the current folder if there is one
    (so that a project can commit its tables), else the user's data folder.
    """
    if "HWNAS_TABLES" in os.environ:
        return Path(os.environ["HWNAS_TABLES"])
    here = Path("latency_tables")
    if here.is_dir():
        return here
    return Path(platformdirs.user_data_dir("hwnas", appauthor=False)) / "latency_tables"


def table_name(device: DeviceSpec) -> str:
    """A readable file name that no two device settings share."""
    settings = {k: v for k, v in asdict(device).items() if k not in NOT_ABOUT_SPEED}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:6]
    name = re.sub(r"[^\w.@-]+", "_", device.name)
    return f"{name}-{device.precision}-t{device.threads}-b{device.batch}-{digest}.jsonl"


def table_path(device: DeviceSpec) -> Path:
    """The file that a profile of ``device`` fills."""
    return own_folder() / table_name(device)


def find_table(device: DeviceSpec, fingerprint: Fingerprint) -> tuple[LatencyTable | None, str]:
    """This machine's table for the device, own before shipped, and what was passed over and why.

    Raises:
        TableError: A table is damaged.
    """
    passed_over = ""
    for folder in (own_folder(), shipped_folder("latency_tables")):
        path = folder / table_name(device)
        if not path.is_file():
            continue
        table = read_table(path)
        difference = table.header.difference(fingerprint)
        if not difference:
            return table, passed_over
        passed_over = f"{path} is stale: {difference}"
    return None, passed_over


def all_tables() -> Iterator[Path]:
    """Every table, own ones first."""
    folders = dict.fromkeys((own_folder().resolve(), shipped_folder("latency_tables").resolve()))
    for folder in folders:
        yield from sorted(folder.glob("*.jsonl"))
