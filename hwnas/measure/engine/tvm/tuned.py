"""The database of tuned schedules: kept between commands, filled by a process of its own."""

import hashlib
import json
import os
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
from hwnas.measure.engine.tvm.compile import tvm_module
from hwnas.whole_file import write_whole

GRACE_S = 60.0
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
        settings = {k: v for k, v in asdict(device.tvm).items() if k != "tuning_s"}
        facts = {**settings, "machine": machine, "threads": device.threads}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
        self._device = device
        self._folder = Path(os.environ.get("HWNAS_CACHE", default)) / "tvm" / digest
        self._folder.mkdir(parents=True, exist_ok=True)

    def tune(self, model: bytes) -> None:
        """Spend the device's ``tuning_s`` on a model, unless it was spent already.

        A function whose tuning crashes is left as it is.
        """
        with filelock.FileLock(self._folder / "tuning.lock"):
            done = self._done()
            digest = hashlib.sha256(model).hexdigest()[:24]
            left_s = self._device.tvm.tuning_s - done.get(digest, 0.0)
            if left_s <= 0:
                return
            self._run(model, time.time() + left_s)
            write_whole(
                self._folder / "done.json",
                json.dumps({**done, digest: self._device.tvm.tuning_s}),
            )

    def database(self) -> Any:
        """As TVM takes it while it compiles."""
        tvm_module()
        from tvm.s_tir import meta_schedule

        return meta_schedule.database.JSONDatabase(work_dir=str(self._folder))

    def _done(self) -> dict[str, float]:
        path = self._folder / "done.json"
        found: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}
        return found

    def _run(self, model: bytes, deadline: float) -> None:
        given_up: list[str] = []
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "model.onnx").write_bytes(model)
            while len(given_up) < MOST_CRASHES and time.time() < deadline:
                job = {
                    "device": asdict(self._device),
                    "model": str(Path(name) / "model.onnx"),
                    "database": str(self._folder),
                    "deadline": deadline,
                    "given_up": given_up,
                }
                (Path(name) / "job.json").write_text(json.dumps(job))
                if _ended_well(Path(name) / "job.json", deadline):
                    return
                blamed = self._folder / TUNING
                if not blamed.is_file():
                    return  # it crashed before it tuned anything
                given_up.append(blamed.read_text())
                blamed.unlink()


def _ended_well(job: Path, deadline: float) -> bool:
    """Run a tuner; one that does not end in time, or whose parent is interrupted, is stopped."""
    command = [sys.executable, "-m", "hwnas.measure.engine.tvm.tuner", str(job)]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(timeout=max(0.0, deadline - time.time()) + GRACE_S) == 0
        except subprocess.TimeoutExpired:
            return True  # time is over, and what was found is kept
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
