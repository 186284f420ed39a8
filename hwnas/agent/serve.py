"""The agent's loop: a request in, an answer out, until the other end closes.

Models are kept by the digest of their content, so that each is sent once; the oldest go when
they are more than ``MOST_KEPT_BYTES``.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hwnas.agent.frames import frame, read_frame
from hwnas.agent.machine import health_facts, machine_facts, others_load

READY = b"hwnas agent is ready\n"
"""Written before the first message; what stands before it came from the way here."""
MOST_KEPT_BYTES = 2**30
NEEDS = "Install it there with: python3 -m pip install onnxruntime numpy"


class Agent:
    """What one connection has opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[str, Any] = {}
        self._answers: dict[str, Callable[..., Any]] = {
            "facts": self._facts,
            "others_load": self._others_load,
            "has": self._has,
            "put": self._put,
            "open": self._open,
            "inputs": self._inputs,
            "prepare": self._prepare,
            "time": self._time,
            "run": self._run,
            "optimized": self._optimized,
            "allocated": self._allocated,
            "placement": self._placement,
            "cycles": self._cycles,
        }

    def answer(self, header: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        """The answer's header and bytes; an error is an answer too."""
        try:
            for name in header.pop("forget", ()):
                self._sessions[name] = None
            what = str(header.pop("ask"))
            found = self._answers[what](payload=payload, **header)
        except OSError as error:
            return {"error": "disk", "message": f"{error.strerror or error}"}, b""
        except Exception as error:  # noqa: BLE001 - told to the other end, which decides
            refused = type(error).__name__ == "RefusedError"
            kind = "refused" if refused else "failed"
            message = str(error) if refused else f"{type(error).__name__}: {error}"
            return {"error": kind, "message": message}, b""
        return found if isinstance(found, tuple) else (found, b"")

    def _facts(self, payload: bytes, threads: int) -> dict[str, Any]:
        return {
            "machine": machine_facts(threads),
            "health": health_facts(self._folder),
            "engine": _onnxruntime_facts(),
        }

    def _others_load(self, payload: bytes, cpus: list[int], seconds: float) -> dict[str, Any]:
        return {"share": others_load(cpus, seconds)}

    def _has(self, payload: bytes, digest: str) -> dict[str, Any]:
        return {"has": self._path(digest).is_file()}

    def _put(self, payload: bytes, digest: str) -> dict[str, Any]:
        path = self._path(digest)
        if hashlib.sha256(payload).hexdigest() != digest:
            raise ValueError("the model came damaged")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._make_room(len(payload))
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            try:
                file.write(payload)
                file.flush()
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        return {}

    def _open(self, payload: bytes, digest: str, settings: dict[str, Any]) -> dict[str, Any]:
        from hwnas.agent.runtime import Session

        session = Session(self._path(digest).read_bytes(), settings)
        name = str(len(self._sessions))
        self._sessions[name] = session
        return {"session": name, "inputs": session.inputs}

    def _inputs(self, payload: bytes, session: str) -> dict[str, Any]:
        return {"inputs": self._sessions[session].inputs}

    def _prepare(self, payload: bytes, session: str) -> dict[str, Any]:
        self._sessions[session].prepare()
        return {}

    def _time(
        self, payload: bytes, session: str, plan: dict[str, float]
    ) -> tuple[dict[str, Any], bytes]:
        runs_ns = np.array(self._sessions[session].time_ns(plan), dtype="<i8")
        return {"n_runs": len(runs_ns)}, runs_ns.tobytes()

    def _run(
        self, payload: bytes, session: str, shape: list[int], dtype: str
    ) -> tuple[dict[str, Any], bytes]:
        batch = np.frombuffer(payload, dtype=dtype).reshape(shape)
        found = self._sessions[session].run(batch)
        plain = np.ascontiguousarray(found, dtype="<f4")
        return {"shape": list(plain.shape)}, plain.tobytes()

    def _optimized(
        self, payload: bytes, digest: str, settings: dict[str, Any]
    ) -> tuple[dict[str, Any], bytes]:
        from hwnas.agent.runtime import optimized

        return {}, optimized(self._path(digest).read_bytes(), settings)

    def _allocated(self, payload: bytes, digest: str, settings: dict[str, Any]) -> dict[str, Any]:
        from hwnas.agent.allocation import allocated_bytes

        return {"bytes": allocated_bytes(self._path(digest).read_bytes(), settings)}

    def _placement(self, payload: bytes, digest: str, settings: dict[str, Any]) -> dict[str, Any]:
        from hwnas.agent.runtime import placement

        return {"ran_on": placement(self._path(digest).read_bytes(), settings)}

    def _cycles(
        self, payload: bytes, digest: str, settings: dict[str, Any], runs: int
    ) -> dict[str, Any]:
        from hwnas.agent.htp import cycles

        return {"cycles": cycles(self._path(digest).read_bytes(), settings, runs)}

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError(f"{digest!r} is no digest")
        return self._folder / digest

    def _make_room(self, n_bytes: int) -> None:
        """Forget the models that were sent first."""
        kept = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in kept)
        while kept and total + n_bytes > MOST_KEPT_BYTES:
            oldest = kept.pop(0)
            total -= oldest.stat().st_size
            oldest.unlink(missing_ok=True)


def serve(requests: BinaryIO, answers: BinaryIO, folder: Path) -> None:
    """Answer until the other end closes."""
    agent = Agent(folder)
    answers.write(READY)
    answers.flush()
    while (request := read_frame(requests)) is not None:
        answers.write(frame(*agent.answer(*request)))
        answers.flush()


def main() -> None:
    """Serve on standard input and output; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hwnas-agent"
    folder = Path(os.environ.get("HWNAS_AGENT_CACHE") or default)
    serve(sys.stdin.buffer, answers, folder)


def _onnxruntime_facts() -> dict[str, Any]:
    """Its version and providers, or why it cannot be used."""
    try:
        import onnxruntime

        from hwnas.agent.providers import available, plugin_versions
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        return {"missing": f"{type(error).__name__}: {error}. {NEEDS}"}
    return {
        "version": onnxruntime.__version__,
        "providers": available(),
        "plugins": plugin_versions(),
    }
