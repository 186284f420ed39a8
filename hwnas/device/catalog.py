"""Device files by name: one TOML a target, a new device is a new file."""

import platform
from pathlib import Path

from hwnas.device.shipped import shipped_folder
from hwnas.device.spec import DeviceSpec
from hwnas.errors import InvalidInputError
from hwnas.record import read_record, read_toml, unknown_name


def device_names() -> list[str]:
    """The names ``--device`` takes, aliases included."""
    return sorted(path.stem for path in shipped_folder("devices").glob("*.toml"))


def load_device(name_or_path: str) -> DeviceSpec:
    """The device a name or a path to a TOML file describes.

    Raises:
        UnknownNameError: No such device.
        InvalidInputError: The file has a wrong key or value.
    """
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
    else:
        path = shipped_folder("devices") / f"{name_or_path}.toml"
        if name_or_path not in device_names():
            raise unknown_name("device", name_or_path, device_names())
    table = read_toml(path)
    if "alias" in table:
        return load_device(_target_of_alias(name_or_path, table["alias"]))
    return read_record(DeviceSpec, table, str(path.name))


def _target_of_alias(name: str, alias: dict[str, str]) -> str:
    machine = platform.machine()
    if machine not in alias:
        raise InvalidInputError(
            f"Device {name!r} knows no {machine} processor, only {', '.join(alias)}. "
            "Write a device file with: hwnas devices probe > my-device.toml"
        )
    return alias[machine]
