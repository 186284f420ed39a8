"""Where the device files and latency tables that come with hwnas lie."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(name: str) -> Path:
    """``devices`` or ``latency_tables``: inside the installed package, or beside it in a clone."""
    installed = PACKAGE / "shipped" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
