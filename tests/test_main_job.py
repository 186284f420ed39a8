"""The README's main job on the machine at hand, trained for less: real images and timings."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BUDGET_MS = 0.5
MINUTES = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the command in the README; its own failure is the test's."""
    folder = tmp_path_factory.mktemp("main-job")
    out = folder / "run"
    command = [
        *(sys.executable, "-m", "hwnas", "search"),
        *("--latency", f"{BUDGET_MS}ms", "--out", str(out), "--quiet"),
        *("--epoch-images", "256", "--epochs", "40"),
    ]
    environment = os.environ | {"HWNAS_TABLES": str(folder / "tables")}
    finished = subprocess.run(
        command, env=environment, timeout=14 * MINUTES, check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture(scope="module")
def result(run: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((run / "result.json").read_text())
    return document


@pytest.mark.slow
@pytest.mark.alone
def test_the_emitted_model_was_timed_within_the_budget(result: dict[str, Any]) -> None:
    assert result["provenance"] == "measured"
    assert 0 < result["measured_latency_ms"] <= BUDGET_MS


@pytest.mark.slow
@pytest.mark.alone
def test_the_emitted_model_reads_digits(result: dict[str, Any]) -> None:
    assert result["accuracy_int8"] >= 0.95


@pytest.mark.slow
@pytest.mark.alone
def test_both_models_and_the_picture_are_there(run: Path) -> None:
    names = {path.name for path in run.iterdir()}
    assert names >= {"model.int8.onnx", "model.float32.onnx", "pareto.png", "result.json"}
