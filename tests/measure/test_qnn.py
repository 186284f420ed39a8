"""The mobile DSP: on x86 the provider's own compiler and simulator."""

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hwnas
from hwnas.agent import providers
from hwnas.block import DilConvSpec
from hwnas.device import load_device
from hwnas.errors import HwnasError, MeasurementError
from hwnas.measure import BLOCK_ROUNDS, Provenance
from hwnas.measure.engine import engine_for, engine_named
from hwnas.pipeline.doctor import Verdict, examine
from hwnas.profile import ready_blocks
from hwnas.space import (
    all_blocks,
    blocks_of,
    random_architecture,
    space_named,
    without_operations,
)
from hwnas.table import LatencyTable
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.verify import difference_from_processor

DSP = load_device("hexagon-dsp")
SPACE = Path(__file__).parents[1] / "spaces" / "small.toml"

pytestmark = [
    pytest.mark.skipif(
        providers.QNN not in providers.available(), reason="needs onnxruntime-qnn (hwnas[qnn])"
    ),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="simulated on x86-64 only"),
]


@pytest.fixture(scope="module")
def model() -> bytes:
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    architecture = random_architecture(space, np.random.default_rng(1))
    return ready_blocks(blocks_of(space, architecture).blocks, DSP, engine_for(DSP)).content


def test_every_operator_runs_on_the_dsp_and_answers_as_the_processor(model: bytes) -> None:
    engine = engine_for(DSP)
    placed = engine.placement(model, DSP)
    assert placed is not None and set(placed) == {providers.QNN}
    difference = difference_from_processor(model, DSP, engine)
    assert difference is not None and 0 < difference < 0.05


def test_sixteen_bit_activations_are_closer(model: bytes) -> None:
    wide = replace(DSP, recipe=replace(DSP.recipe, activations="uint16"))
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    architecture = random_architecture(space, np.random.default_rng(1))
    engine = engine_for(wide)
    same = ready_blocks(blocks_of(space, architecture).blocks, wide, engine)
    assert not same.left_in_float
    closer = difference_from_processor(same.content, wide, engine)
    narrow = difference_from_processor(model, DSP, engine)
    assert closer is not None and narrow is not None and closer < narrow / 5


def test_latencies_are_simulated_and_the_same_at_every_visit(model: bytes) -> None:
    engine = engine_for(DSP)
    assert engine.provenance is Provenance.SIMULATED
    timer = engine.timer(model, DSP)
    assert timer.provenance is Provenance.SIMULATED
    assert (timer.visit(BLOCK_ROUNDS) == timer.visit(BLOCK_ROUNDS)).all()
    assert engine.others_load(DSP) is None
    assert engine.allocated_bytes(model, DSP) is None
    assert engine.version().startswith("onnxruntime-qnn 2.")


def test_more_work_takes_more_cycles() -> None:
    engine = engine_for(DSP)
    few, many = (
        ready_blocks(
            [b for b in all_blocks(space_named("mobilenet", **size)) if b.reads_image],
            DSP,
            engine,
        ).content
        for size in (
            {"input_size": 32, "in_channels": 3, "n_classes": 10},
            {"input_size": 128, "in_channels": 3, "n_classes": 10},
        )
    )
    times = [float(np.median(engine.timer(m, DSP).visit(BLOCK_ROUNDS))) for m in (few, many)]
    assert times[1] > 2 * times[0]


@pytest.mark.parametrize("space", ["nasbench201", "darts", "resnet", "nasbench-macro"])
def test_the_dsp_takes_every_kind_of_block(space: str) -> None:
    engine = engine_for(DSP)
    offered = space_named(space, input_size=32, in_channels=3, n_classes=10)
    fields = ("kind", "stride", "operation", "kernel_size")
    kinds = {
        tuple(getattr(block, name, "") for name in fields): block
        for block in all_blocks(without_operations(offered, DSP.refused_operations))
    }
    for block in kinds.values():
        content = ready_blocks([block], DSP, engine).content
        placed = engine.placement(content, DSP)
        assert placed is not None and set(placed) == {providers.QNN}, block


def test_what_the_device_file_refuses_is_refused_by_the_dsp() -> None:
    engine = engine_for(DSP)
    dilated = DilConvSpec(input_size=32, in_channels=32, out_channels=32, kernel_size=5, stride=2)
    content = ready_blocks([dilated], DSP, engine).content
    with pytest.raises(MeasurementError, match="refuses the model on 'hexagon-dsp'"):
        engine.load(content, DSP)


def test_the_simulators_own_time_is_no_latency(model: bytes) -> None:
    with pytest.raises(MeasurementError, match="Give --engine onnxruntime-qnn"):
        engine_named("onnxruntime").timer(model, DSP)


def test_a_device_of_another_provider_is_refused(model: bytes) -> None:
    with pytest.raises(MeasurementError, match="hexagon-dsp"):
        engine_named("onnxruntime-qnn").timer(model, load_device("x86-cpu"))


def test_the_doctor_runs_a_model_on_the_simulator() -> None:
    checks = {check.what: check for check in examine(DSP)}
    assert checks["a model"].verdict is Verdict.GOOD
    assert "simulated" in checks["clock"].found


def test_output_for_programs_holds_nothing_of_the_dsps_libraries(
    model: bytes, tmp_path: Path
) -> None:
    (tmp_path / "m.onnx").write_bytes(model)
    words = ["verify", str(tmp_path / "m.onnx"), "--device", "hexagon-dsp", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "hwnas", *words], capture_output=True, check=True, text=True
    )
    report = json.loads(done.stdout)
    assert report["kept"] and set(report["ran_on"]) == {providers.QNN}


@pytest.mark.slow
def test_the_main_job_on_the_dsp(tmp_path: Path) -> None:
    found = hwnas.search(
        "2ms",
        device="hexagon-dsp",
        space=str(SPACE),
        supernet=SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=0),
        finetune=FinetuneSettings(epochs=2),
        out=tmp_path / "run",
    )
    assert found.provenance == "simulated" and 0 < found.measured_latency_ms <= 2
    model = tmp_path / "run" / "model.int8.onnx"
    report = hwnas.verify(model, "2ms", device="hexagon-dsp", data="digits")
    assert report.kept and report.difference is not None and report.ran_on is not None
    assert set(report.ran_on) == {providers.QNN}


def test_operations_that_the_device_file_refuses_are_taken_out(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "devices" / "hexagon-dsp.toml").read_text()
    device = tmp_path / "old-dsp.toml"

    def profile_refusing(operation: str) -> LatencyTable:
        device.write_text(text.replace("dil_conv_5x5", operation))
        return hwnas.profile(
            device=str(device), space="nasbench201", input_size=16, in_channels=3, n_classes=10
        )

    table = profile_refusing("avg_pool_3x3")
    kinds = {block.kind for block in table.rows}
    assert "pool" not in kinds and "conv" in kinds
    with pytest.raises(HwnasError, match="stem, which the device refuses"):
        profile_refusing("stem")
