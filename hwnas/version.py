"""The version of this package and of what it stands on."""

import platform
from importlib.metadata import PackageNotFoundError, version


def installed_version(package: str) -> str:
    """The installed version, or ``not installed``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


__version__ = VERSION = installed_version("hwnas")


def versions() -> dict[str, str]:
    """hwnas, Python and the libraries a result depends on."""
    packages = ("hwnas", "torch", "onnx", "onnxruntime", "numpy")
    return {"python": platform.python_version()} | {
        package: installed_version(package) for package in packages
    }
