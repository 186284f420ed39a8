"""What all tests share: tables of their own, and a device whose clock is arithmetic."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the networks here are too small to share out

import pytest

import hwnas
from hwnas.device import DeviceSpec, load_device
from hwnas.space import Space, space_named

SIMULATED = Path(__file__).parent / "devices" / "simulated.toml"
SMALL_SPACE = Path(__file__).parent / "spaces" / "small.toml"


@pytest.fixture(autouse=True)
def own_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built_blocks: Path) -> Path:
    """No test reads or writes the tables of the machine."""
    folder = tmp_path / "tables"
    monkeypatch.setenv("HWNAS_TABLES", str(folder))
    monkeypatch.setenv("HWNAS_CACHE", str(built_blocks))
    return folder


@pytest.fixture(scope="session")
def built_blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Blocks that any test of this session built."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def simulated_table(tmp_path_factory: pytest.TempPathFactory, built_blocks: Path) -> Path:
    """The simulated device's table of the small space for digits, made once."""
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder))
        patch.setenv("HWNAS_CACHE", str(built_blocks))
        hwnas.profile(str(SIMULATED), space=str(SMALL_SPACE), data="digits")
    (path,) = folder.glob("*.jsonl")
    return path


@pytest.fixture
def profiled(own_tables: Path, simulated_table: Path) -> Path:
    """The same among the test's own tables, so that a search times no block."""
    own_tables.mkdir(exist_ok=True)
    return Path(shutil.copy(simulated_table, own_tables))


@pytest.fixture
def simulated() -> DeviceSpec:
    """The simulated device."""
    return load_device(str(SIMULATED))


@pytest.fixture(scope="session")
def small_space() -> Space:
    """A few hundred networks for grey images of 8 pixels and 10 classes."""
    return space_named(str(SMALL_SPACE), input_size=8, in_channels=1, n_classes=10)
