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
    path = _device_file(name_or_path)
    table = read_toml(path)
    if "alias" in table:
        path = _device_file(_target_of_alias(name_or_path, table["alias"]))
        table = read_toml(path)  # whose own alias is an unknown key: none goes in circles
    return read_record(DeviceSpec, table, path.name)


def _device_file(name_or_path: str) -> Path:
    if name_or_path.endswith(".toml"):
        return Path(name_or_path)
    if name_or_path not in device_names():
        raise unknown_name("device", name_or_path, device_names())
    return shipped_folder("devices") / f"{name_or_path}.toml"


def _target_of_alias(name: str, alias: object) -> str:
    machine = platform.machine()
    if not isinstance(alias, dict) or not all(isinstance(to, str) for to in alias.values()):
        raise InvalidInputError(
            f"The alias of device {name!r} is {alias!r}. Write it as a table from processor to "
            'device name: [alias], then x86_64 = "x86-cpu".'
        )
    if machine not in alias:
        raise InvalidInputError(
            f"Device {name!r} knows no {machine} processor, only {', '.join(alias)}. "
            "Write a device file with: hwnas devices probe > my-device.toml"
        )
    return str(alias[machine])
