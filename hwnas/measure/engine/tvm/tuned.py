"""The database of tuned schedules: kept between commands, filled by a process of its own."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from hwnas.device import DeviceSpec
from hwnas.measure.engine.tvm.compile import refused, tvm_module
from hwnas.whole_file import write_whole

GRACE_S = 120.0
"""For starting, and for the trial that is being made when time is over."""
MOST_CRASHES = 5
TUNING = "tuning"
"""The file that names the function being tuned."""


class TunedSchedules:
    """Of one target, in the user's cache folder (or ``$HWNAS_CACHE``).

    Functions are known by their structure, so that a network finds what its blocks were tuned to.
    """

    def __init__(self, device: DeviceSpec, machine: str) -> None:
        default = platformdirs.user_cache_dir("hwnas", appauthor=False)
        apart = ("tuning_s", "cross_compiler")
        settings = {k: v for k, v in asdict(device.tvm).items() if k not in apart}
        facts = {**settings, "machine": machine, "threads": device.threads}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
        self._device = device
        self._folder = Path(os.environ.get("HWNAS_CACHE", default)) / "tvm" / digest
        self._folder.mkdir(parents=True, exist_ok=True)

    def is_tuned(self, model: bytes) -> bool:
        """Whether the device's ``tuning_s`` was spent on it."""
        return self._done().get(_name(model), 0.0) >= self._device.tvm.tuning_s

    def tune(self, model: bytes) -> str:
        """Spend what is left of the device's ``tuning_s`` on a model.

        A function whose tuning crashes stays as it is.

        Returns:
            What went wrong, a sentence; empty if nothing did.
        """
        with filelock.FileLock(self._folder / "tuning.lock"):
            done = self._done()
            left_s = self._device.tvm.tuning_s - done.get(_name(model), 0.0)
            if left_s <= 0:
                return ""
            problem = self._run(model, time.time() + left_s)
            self._mend()
            if not problem:
                done[_name(model)] = self._device.tvm.tuning_s
                write_whole(self._folder / "done.json", json.dumps(done))
            return problem

    def database(self) -> Any:
        """As TVM takes it while it compiles: a copy, since another process may be tuning.

        Raises:
            MeasurementError: It cannot be read.
        """
        tvm_module()
        from tvm.s_tir import meta_schedule

        with tempfile.TemporaryDirectory() as folder:
            with filelock.FileLock(self._folder / "tuning.lock"):
                for path in self._folder.glob("database_*.json"):
                    shutil.copy(path, folder)
            with refused(
                f"The tuned schedules in {self._folder} cannot be read", "Remove that folder"
            ):
                return meta_schedule.database.JSONDatabase(work_dir=folder)

    def _mend(self) -> None:
        """Take out a line that a killed tuner left unfinished."""
        for path in self._folder.glob("database_*.json"):
            content = path.read_bytes()
            if not content.endswith(b"\n"):
                write_whole(path, content[: content.rfind(b"\n") + 1])

    def _done(self) -> dict[str, float]:
        path = self._folder / "done.json"
        found: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}
        return found

    def _run(self, model: bytes, deadline: float) -> str:
        """Start tuners until one ends well; what went wrong if none does."""
        given_up: list[str] = []
        blamed = self._folder / TUNING
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "model.onnx").write_bytes(model)
            while len(given_up) < MOST_CRASHES:
                job = {
                    "device": asdict(self._device),
                    "model": str(Path(name) / "model.onnx"),
                    "database": str(self._folder),
                    "deadline": deadline,
                    "given_up": given_up,
                }
                (Path(name) / "job.json").write_text(json.dumps(job))
                blamed.unlink(missing_ok=True)
                said = _tuner_said(Path(name) / "job.json", deadline)
                if said is None:
                    return ""
                if not blamed.is_file():
                    return f"TVM's tuner does not start: {said}. Its functions stay untuned"
                given_up.append(blamed.read_text().strip())
                if time.time() >= deadline:
                    break
        return f"TVM's tuner failed at {', '.join(given_up)} ({said}). They stay untuned"


def _name(model: bytes) -> str:
    return hashlib.sha256(model).hexdigest()[:24]


def _tuner_said(job: Path, deadline: float) -> str | None:
    """Run a tuner: ``None`` if it ends well, else its last words.

    One that does not end in time, or whose parent is interrupted, is stopped.
    """
    command = [sys.executable, "-m", "hwnas.measure.engine.tvm.tuner", str(job)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
        ) as process,
    ):
        try:
            code = process.wait(timeout=max(0.0, deadline - time.time()) + GRACE_S)
        except subprocess.TimeoutExpired:
            return f"it was not done {GRACE_S:g} s after its time"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        if code == 0:
            return None
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
        return f"exit code {code}" + (f", {lines[-1].strip()[:200]}" if lines else "")
