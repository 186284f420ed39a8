"""The hidden folder beside ``--out`` in which a search works, and from which it resumes."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from hwnas.errors import NoNetworkFitsError, RunError
from hwnas.measure import Stopwatch
from hwnas.progress import OnProgress, Progress
from hwnas.whole_file import cannot_write, check_writable, move_folder, write_whole


def check_new_run(out: Path) -> None:
    """Refuse a run folder that cannot be written, or is there already.

    Raises:
        RunError: Either.
    """
    check_writable(out)
    if out.exists():
        raise RunError(
            f"The run folder {out} exists already. Name another with --out, or remove it."
        )


class WorkFolder:
    """Checkpoints, decisions taken and the log; becomes the run folder in one step.

    The same request finds the same folder again; another request gets another.
    """

    def __init__(self, out: Path, key: str, on_progress: OnProgress) -> None:
        """Make or find the folder.

        Raises:
            RunError: It cannot be written.
        """
        self.path = out.parent / f".{out.name}.{key}.partial"
        self._out = out
        self.on_progress = on_progress
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(out, error) from error
        if (self.path / "log.jsonl").exists():
            note = f"Going on with the interrupted run in {self.path}"
            on_progress(Progress("resume", 0, 0, note))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process with the same request out.

        Raises:
            RunError: One is at work.
        """
        lock = filelock.FileLock(self.path / "lock", timeout=0)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise RunError(
                f"Another search is at work in {self.path}. Wait for it, or name another --out."
            ) from None

    @contextmanager
    def discarded_if_hopeless(self) -> Iterator[None]:
        """Leave nothing behind, unless an earlier sitting trained: the device may just be busy."""
        try:
            yield
        except NoNetworkFitsError:
            if not any(self.path.glob("*.pt")):
                shutil.rmtree(self.path, ignore_errors=True)
            raise

    def log(self, event: str, **facts: Any) -> None:  # noqa: ANN401
        """Add a line to ``log.jsonl``."""
        try:
            with (self.path / "log.jsonl").open("ab+") as file:
                file.write(
                    _line_end(file) + json.dumps({"event": event, **facts}).encode() + b"\n"
                )
        except OSError as error:
            raise cannot_write(self.path / "log.jsonl", error) from error

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Log how long a phase took, also when it is interrupted."""
        watch = Stopwatch()
        try:
            with watch.running():
                yield
        finally:
            self.log("phase", name=name, seconds=round(watch.seconds, 3))

    def seconds(self) -> dict[str, float]:
        """Seconds a phase, over all the sittings a run took."""
        total: dict[str, float] = {}
        for event in self.logged("phase"):
            name = str(event["name"])
            total[name] = round(total.get(name, 0.0) + float(event["seconds"]), 3)
        return total

    def logged(self, name: str) -> Iterator[dict[str, Any]]:
        """The events of that name, over all the sittings a run took."""
        events = map(_parsed, (self.path / "log.jsonl").read_bytes().splitlines())
        return (event for event in events if event.get("event") == name)

    def progress(self, phase: str, done: int, total: int, note: str = "") -> None:
        """Tell whoever watches."""
        self.on_progress(Progress(phase, done, total, note))

    def remember(self, name: str, facts: Mapping[str, Any]) -> None:
        """Keep a decision, so that a resumed run does not take it anew."""
        write_whole(self.path / f"{name}.json", json.dumps(facts))

    def recall(self, name: str) -> dict[str, Any] | None:
        """A decision kept, or nothing; a damaged one is taken anew."""
        path = self.path / f"{name}.json"
        return _parsed(path.read_bytes()) or None if path.is_file() else None

    def forget(self, name: str) -> None:
        """Take a decision back."""
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Give the finished files and the log the name the user asked for, in one step."""
        finished = self.path / "finished"
        shutil.rmtree(finished, ignore_errors=True)
        for name, content in files.items():
            write_whole(finished / name, content)
        write_whole(finished / "log.jsonl", (self.path / "log.jsonl").read_bytes())
        move_folder(finished, self._out)
        shutil.rmtree(self.path, ignore_errors=True)


def _line_end(file: BinaryIO) -> bytes:
    """What ends a line that a killed process left torn."""
    if not file.seek(0, SEEK_END):
        return b""
    file.seek(-1, SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
