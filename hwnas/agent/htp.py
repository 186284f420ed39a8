"""Cycles of the Hexagon simulator that comes with onnxruntime-qnn for x86."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from hwnas.agent.providers import RefusedError, Settings
from hwnas.agent.runtime import inference_session, random_feed, refused

WHOLE_RUN = "Accelerator (execute) time (cycles)"


def cycles(content: bytes, settings: Settings, runs: int) -> list[int]:
    """What single runs take on the simulated accelerator, after one that warms up: ``runs``.

    Raises:
        RefusedError: The device refuses the model, or its provider does not tell.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycles.csv"
        told = {"profiling_level": "detailed", "profiling_file_path": str(path)}
        options = {**settings["provider_options"], **told}
        session = inference_session(content, {**settings, "provider_options": options})
        feed = random_feed(session)
        with refused("The model does not run", "Run it in ONNX Runtime by hand"):
            for _ in range(1 + runs):
                session.run(None, feed)
        found = _told(path)
    if len(found) < 1 + runs:
        raise RefusedError(
            f"The provider of {settings['name']!r} tells no cycles. Install an onnxruntime-qnn of "
            "2.7 or newer: python3 -m pip install -U onnxruntime-qnn"
        )
    return found[1:]


def _told(path: Path) -> list[int]:
    """Messages come in any of the file's columns but the one of their number."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["Time"]) for row in rows if WHOLE_RUN in row.values()]
