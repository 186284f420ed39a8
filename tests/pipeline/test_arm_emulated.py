"""The main job on a 64-bit Arm that QEMU emulates, through the agent that a board would run."""

from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import pytest

import hwnas
from hwnas.device import DeviceSpec, load_device
from hwnas.measure.engine import engine_for, engine_named
from hwnas.table import read_table
from hwnas.train import FinetuneSettings, SupernetSettings

HERE, X86 = engine_named("onnxruntime"), load_device("x86-cpu")
PYTHON = Path("~/.cache/hwnas/arm-cpu-qemu/python3").expanduser()
SPACE = Path(__file__).parents[1] / "spaces" / "small.toml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.is_file(), reason="needs devices/setup-arm-cpu-qemu.sh"),
]


@pytest.fixture
def arm() -> DeviceSpec:
    return load_device("arm-cpu-qemu")


def test_a_network_is_found_timed_and_verified_there_and_answers_as_here(
    arm: DeviceSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a network takes seconds there
    monkeypatch.setattr(import_module("hwnas.profile.wanted"), "N_NETWORKS", 6)
    monkeypatch.setattr("hwnas.pipeline.choose.N_CANDIDATES", 3)
    monkeypatch.setattr("hwnas.pipeline.baselines.PRESETS", ())
    found = hwnas.search(
        "200ms",
        device="arm-cpu-qemu",
        space=str(SPACE),
        supernet=SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=0),
        finetune=FinetuneSettings(epochs=2),
        out=tmp_path / "run",
    )
    assert found.provenance == "emulated" and 0 < found.measured_latency_ms <= 200
    assert found.memory_bytes is None and found.predicted_memory_bytes > 0
    (table,) = (tmp_path / "tables").glob("*.jsonl")
    header = read_table(table).header
    assert header.provenance == "emulated" and header.fingerprint.machine == "aarch64"

    path = tmp_path / "run" / "model.int8.onnx"
    report = hwnas.verify(path, "200ms", device="arm-cpu-qemu", data="digits", min_accuracy=0.05)
    assert report.kept and report.measured.provenance == "emulated"
    assert not hwnas.verify(path, "1us", device="arm-cpu-qemu").kept

    model = onnx.load(path).SerializeToString()
    images = np.random.default_rng(0).standard_normal((8, 1, 1, 8, 8)).astype(np.float32)
    there, here = engine_for(arm).load(model, arm), HERE.load(model, X86)
    for image in images:
        np.testing.assert_allclose(there(image), here(image), atol=0.5, rtol=0.05)


def test_a_float_network_answers_as_here_to_rounding(arm: DeviceSpec, tmp_path: Path) -> None:
    hwnas.export(
        "mobilenetv2@0.35",
        tmp_path / "m.onnx",
        precision="float32",
        input_size=32,
        n_classes=10,
    )
    model = (tmp_path / "m.onnx").read_bytes()
    image = np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype(np.float32)
    there, here = engine_for(arm).load(model, arm), HERE.load(model, X86)
    np.testing.assert_allclose(there(image), here(image), atol=1e-4, rtol=1e-4)
