"""Where tables lie, and which of them is this device's on this machine."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import platformdirs

from hwnas.device import LOCAL, DeviceSpec, Fingerprint, shipped_folder
from hwnas.errors import TableError
from hwnas.record import unknown_name
from hwnas.table.file_format import read_table
from hwnas.table.latency_table import LatencyTable

NOT_ABOUT_SPEED = (
    *("description", "peak", "timeout_s", "machines"),
    *("refused_operations", "tvm", "face"),
)
ADDED_LATER: Mapping[str, Any] = {
    "clock": "measured",
    "provider_options": {},
    "fallback_providers": (),
}
"""Fields that older tables do not know, and the values at which they change no name."""
ABOUT_ACCURACY = ("calibration", "percentile", "n_calibration_images", "float_layers")
"""Of a recipe: they move the ranges, not the operators of a block."""


def own_folder() -> Path:
    """Where new tables are written.

    ``$HWNAS_TABLES`` if set, else ``latency_tables`` in the current folder if there is one
    (so that a project can commit its tables), else the user's data folder. The tables that come
    with hwnas are written only where ``$HWNAS_TABLES`` names their folder.
    """
    if "HWNAS_TABLES" in os.environ:
        return Path(os.environ["HWNAS_TABLES"])
    here = Path("latency_tables")
    if here.is_dir() and here.resolve() != shipped_folder("latency_tables").resolve():
        return here
    return Path(platformdirs.user_data_dir("hwnas", appauthor=False)) / "latency_tables"


def table_name(device: DeviceSpec, machine: Fingerprint) -> str:
    """A readable file name that no two settings that change speed, and no two machines, share."""
    return f"{_settings_name(device)}-{_digest(asdict(machine))}.jsonl"


def table_path(device: DeviceSpec, machine: Fingerprint) -> Path:
    """The file that a profile of ``device`` from this machine fills."""
    return own_folder() / table_name(device, machine)


def find_table(device: DeviceSpec, machine: Fingerprint) -> tuple[LatencyTable | None, str]:
    """This machine's table for the device, own before shipped, or why there is none.

    Of several in a folder, the one that a profile fills goes before one of another name.

    Raises:
        TableError: A table is damaged.
    """
    passed_over = ""
    for folder in (own_folder(), shipped_folder("latency_tables")):
        named = folder / table_name(device, machine)
        others = sorted({*folder.glob(f"{_settings_name(device)}-*.jsonl")} - {named})
        for path in (*filter(Path.is_file, [named]), *others):
            table = read_table(path)
            difference = table.header.difference(machine)
            if not difference:
                return table, ""
            passed_over = f"{path} is stale: {difference}"
    return None, passed_over


def table_named(name: str) -> LatencyTable:
    """A table by a name of ``hwnas table list`` or by its file.

    Raises:
        UnknownNameError: No such name.
        TableError: The file is no table.
    """
    return read_table(table_file(name))


def table_file(name: str) -> Path:
    """The file that a name of ``hwnas table list`` stands for, or that is named itself.

    Raises:
        UnknownNameError: No such name.
        TableError: It is a file of another kind.
    """
    path = Path(name)
    if path.suffix == ".jsonl":
        return path
    known: dict[str, Path] = {}
    for table in all_tables():
        known.setdefault(table.stem, table)
    if name in known:
        return known[name]
    if path.exists() or len(path.parts) > 1:
        raise TableError(
            f"{name} is no latency table, whose file ends in .jsonl. "
            "Name one that 'hwnas table list' shows."
        )
    raise unknown_name("latency table", name, known)


def all_tables() -> Iterator[Path]:
    """Every table, own ones first."""
    folders = dict.fromkeys((own_folder().resolve(), shipped_folder("latency_tables").resolve()))
    for folder in folders:
        yield from sorted(folder.glob("*.jsonl"))


def speed_settings(device: DeviceSpec) -> dict[str, Any]:
    """The fields of a device, and of its recipe where it is int8, that change its speed."""
    settings = {
        name: value
        for name, value in asdict(device).items()
        if name not in NOT_ABOUT_SPEED and (name, value) not in ADDED_LATER.items()
    }
    if device.engine == "roofline":
        settings["peak"] = asdict(device.peak)
    if device.engine == "tvm":
        settings["tvm"] = {**asdict(device.tvm), "cross_compiler": ""}
    settings["connection"] = LOCAL  # how it is reached does not change its speed
    recipe = settings.pop("recipe")
    if device.precision == "int8":
        settings |= {k: v for k, v in recipe.items() if k not in ABOUT_ACCURACY}
    return settings


def _settings_name(device: DeviceSpec) -> str:
    name = re.sub(r"[^\w.@-]+", "_", device.name)
    speed = f"{device.precision}-t{device.threads}-b{device.batch}"
    return f"{name}-{speed}-{_digest(speed_settings(device))}"


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:6]
