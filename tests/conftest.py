"""What all tests share: tables of their own, and a device whose clock is arithmetic."""

from pathlib import Path

import pytest

from hwnas.device import DeviceSpec, load_device

SIMULATED = Path(__file__).parent / "devices" / "simulated.toml"


@pytest.fixture(autouse=True)
def own_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the tables of the machine."""
    folder = tmp_path / "tables"
    monkeypatch.setenv("HWNAS_TABLES", str(folder))
    return folder


@pytest.fixture
def simulated() -> DeviceSpec:
    """The simulated device."""
    return load_device(str(SIMULATED))
