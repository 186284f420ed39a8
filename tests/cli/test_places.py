"""Places that cannot be written, disks that fill up, and work that was begun."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hwnas.device import DeviceSpec, fingerprint
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.table import Journal, LatencyTable, read_table, table_path, write_table
from hwnas.whole_file import cannot_write

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
PROFILE = ("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "--data", "digits", "-q")
N_BLOCKS = 15
HERE = fingerprint("simulated 1")
LITTLE = ("--epoch-images", "64", "--warmup-epochs", "1", "--epochs", "1")

Refused = Callable[..., str]
Command = Callable[..., Any]


# Places to write to


def test_an_existing_run_folder_is_left_alone(search_refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/precious").write_text("mine")
    message = search_refused("--latency", "1ms")
    assert message == "The run folder run exists already. Name another with --out, or remove it."


@pytest.mark.parametrize("out", ["file/run", "file/deeper/run", "/proc/run", "x" * 300, "y" * 245])
def test_a_run_folder_that_cannot_be_made_is_refused(
    refused: Refused, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").touch()
    message = refused(
        "search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE, "--out", out
    )
    assert message.startswith(f"Cannot write {out}: ")
    assert message.endswith(". Name another place with --out.")


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.ENOSPC, "Free the disk or name another place with --out."),
        (errno.EDQUOT, "Free the disk or name another place with --out."),
        (errno.EACCES, "Mend its rights or name another place with --out."),
        (errno.EROFS, "Mend its rights or name another place with --out."),
        (errno.ENOTDIR, "Name another place with --out."),
        (errno.EISDIR, "Name another place with --out."),
    ],
)
def test_what_to_do_about_a_place_goes_by_why_it_is_refused(number: int, step: str) -> None:
    error = OSError(number, os.strerror(number), "run")
    message = str(cannot_write(Path("run"), error))
    assert message == f"Cannot write run: {os.strerror(number)}. {step}"


@pytest.mark.parametrize("out", ["file/model.onnx", "/proc/model.onnx"])
def test_a_model_that_cannot_be_written_is_refused(
    refused: Refused, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").touch()
    message = refused("export", "mobilenetv2", "--device", SIMULATED, "--out", out)
    assert message.startswith(f"Cannot write {Path(out).parent}")


def test_a_table_folder_that_cannot_be_made_is_refused(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HWNAS_TABLES", str(tmp_path / "file" / "tables"))
    message = refused("profile", "--device", SIMULATED, "--space", SMALL_SPACE, "-q")
    assert f"Cannot write {tmp_path / 'file' / 'tables'}" in message
    assert message.endswith(". Name another folder in HWNAS_TABLES.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_run_folder_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    message = refused("search", "--latency", "1ms", "--device", SIMULATED, "--out", "locked/run")
    assert message.startswith("Cannot write locked/run: Permission denied")


# A full disk


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from hwnas.cli.app import run
sys.exit(run(sys.argv[2:]))
"""
"""No file grows beyond a size: writing fails as on a disk over its quota."""


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of one megabyte, for the tests that need a full one."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def full_disk(small_disk: Path) -> Iterator[Path]:
    """A file system with two pages of 4096 bytes left."""
    system = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(b"0" * (system.f_bavail * system.f_bsize - 8192))
    yield small_disk
    for path in small_disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def over_quota(n_bytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FULL, str(n_bytes), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_search_on_a_full_disk_leaves_no_run(refused: Refused, full_disk: Path) -> None:
    message = refused(
        *("search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE),
        *("--out", full_disk / "run", *LITTLE, "--quiet"),
    )
    assert "No space left on device. Free the disk" in message
    assert not (full_disk / "run").exists()


def test_a_search_goes_on_where_the_disk_was_full(
    command: Command, full_disk: Path, tmp_path: Path
) -> None:
    arguments = (
        *("search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE),
        *("--out", full_disk / "run", *LITTLE, "--quiet"),
    )
    assert command(*arguments).code == 2
    (full_disk / "ballast").unlink()
    assert command(*arguments).code == 0
    assert json.loads((full_disk / "run/result.json").read_text())["accuracy_int8"] > 0


def test_a_profile_on_a_full_disk_keeps_what_was_timed(
    refused: Refused, full_disk: Path, monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(full_disk))
    message = refused(*PROFILE)
    journal = Journal(table_path(simulated, HERE))
    assert f"Cannot write {journal.path}: No space left on device. Free" in message
    (full_disk / "ballast").unlink()
    assert "low_ms" in journal.path.read_text()


def test_a_profile_goes_on_where_the_disk_was_full(
    command: Command, full_disk: Path, monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    monkeypatch.setenv("HWNAS_TABLES", str(full_disk))
    assert command(*PROFILE).code == 2
    (full_disk / "ballast").unlink()
    assert command(*PROFILE).code == 0
    assert len(read_table(table_path(simulated, HERE)).rows) == N_BLOCKS


def test_an_export_on_a_full_disk_leaves_no_file(refused: Refused, full_disk: Path) -> None:
    before = sorted(full_disk.iterdir())
    message = refused(
        *("export", "mobilenetv2@0.1", "--device", SIMULATED, "--input-size", "8"),
        *("--out", full_disk / "model.onnx", "--quiet"),
    )
    assert message.startswith(f"Cannot write {full_disk / 'model.onnx'}: No space left on device")
    assert sorted(full_disk.iterdir()) == before


def test_an_export_over_its_quota_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    out.write_text("the old model")
    ending = over_quota(
        20_000,
        *("export", "mobilenetv2@0.1", "--device", SIMULATED, "--precision", "float32"),
        *("--input-size", "8", "--out", str(out), "--quiet"),
    )
    assert ending.returncode == 2
    assert len(ending.stderr.splitlines()) == 1
    assert out.read_text() == "the old model"
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_profile_over_its_quota_says_so_in_a_line(
    simulated: DeviceSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWNAS_CACHE", str(tmp_path / "cache"))
    ending = over_quota(20_000, *PROFILE)  # a wide block's temporary file is larger
    assert ending.returncode == 2
    assert "File too large. Free the disk, also under " in ending.stderr
    assert len(ending.stderr.splitlines()) == 1
    assert read_table(table_path(simulated, HERE)).rows == {}


def test_a_search_over_its_quota_leaves_no_run(tmp_path: Path, table: Path) -> None:
    ending = over_quota(
        60_000,
        *("search", "--latency", "1ms", "--device", SIMULATED, "--space", SMALL_SPACE),
        *("--out", str(tmp_path / "run"), *LITTLE, "--quiet"),
    )
    assert ending.returncode == 2
    assert "training.pt: File too large. Free the disk" in ending.stderr
    assert len(ending.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()


# A search that was begun


def test_a_damaged_checkpoint_is_named(
    search_refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkFolder, "publish", _stop)
    with pytest.raises(RuntimeError, match="stopped"):
        search_refused("--latency", "1ms", *LITTLE)
    (checkpoint,) = tmp_path.glob(".run*.partial/training.pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    message = search_refused("--latency", "1ms", *LITTLE)
    assert f"{checkpoint.relative_to(tmp_path)} is damaged. Delete " in message
    assert not (tmp_path / "run").exists()


def _stop(*_: object) -> None:
    raise RuntimeError("stopped")


def test_an_own_table_is_shown_before_a_shipped_one_of_the_same_name(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    assert command(*PROFILE).output.strip().endswith(str(table_path(simulated, HERE)))
    table = read_table(table_path(simulated, HERE))
    name = table_path(simulated, HERE).name
    write_table(tmp_path / "shipped" / name, LatencyTable(table.header, {}))
    monkeypatch.setattr("hwnas.table.store.shipped_folder", lambda _: tmp_path / "shipped")
    shown = json.loads(command("table", "show", Path(name).stem, "--json").output)
    assert len(shown["rows"]) == N_BLOCKS
