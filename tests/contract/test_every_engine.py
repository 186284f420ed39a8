"""What every engine must do, by being listed."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from hwnas.agent.providers import QNN
from hwnas.block import HeadSpec
from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError, UnknownNameError
from hwnas.measure import Measurement, MeasurePlan
from hwnas.measure.engine import ENGINES, Layout, engine_named
from hwnas.profile import ready_blocks

HEAD = HeadSpec(input_size=3, in_channels=8, hidden_channels=8, n_classes=4, activation="relu6")
PLAN = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=3, min_s=0.0)


@pytest.fixture
def of_engine(name: str, simulated: DeviceSpec) -> DeviceSpec:
    """The simulated device as one that the engine serves."""
    needs = {"onnxruntime-qnn": "onnxruntime_qnn", "tvm": "tvm"}.get(name)
    if needs is not None and importlib.util.find_spec(needs) is None:
        pytest.skip(f"needs {needs}")
    provider = QNN if name == "onnxruntime-qnn" else simulated.provider
    return replace(simulated, provider=provider)


@pytest.mark.parametrize("name", ENGINES)
class TestEveryEngine:
    @pytest.mark.usefixtures("of_engine")
    def test_it_tells_its_version(self, name: str) -> None:
        assert engine_named(name).version().startswith(name)

    def test_it_times_runs_and_optimizes_a_block(self, name: str, of_engine: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], of_engine, engine).content
        assert isinstance(engine.measure(content, of_engine, PLAN), Measurement)
        runner = engine.load(content, of_engine)
        is_first = engine.layout(of_engine) is Layout.CHANNELS_FIRST
        assert runner.input_shape == ((1, 8, 3, 3) if is_first else (1, 3, 3, 8))
        assert runner(np.zeros(runner.input_shape, np.uint8)).shape == (1, 4)
        assert len(engine.optimized(content, of_engine).graph.node) > 0

    def test_it_refuses_garbage(self, name: str, of_engine: DeviceSpec) -> None:
        with pytest.raises(MeasurementError):
            engine_named(name).measure(b"garbage", of_engine, PLAN)
        for refuse in (engine_named(name).load, engine_named(name).optimized):
            with pytest.raises(MeasurementError):
                refuse(b"garbage", of_engine)

    def test_it_refuses_half_a_model(self, name: str, of_engine: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], of_engine, engine).content
        with pytest.raises(MeasurementError):
            engine.measure(content[: len(content) // 2], of_engine, PLAN)

    def test_it_refuses_nothing_at_all(self, name: str, of_engine: DeviceSpec) -> None:
        with pytest.raises(MeasurementError):
            engine_named(name).measure(b"", of_engine, PLAN)

    def test_its_measurement_can_be_believed(self, name: str, of_engine: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], of_engine, engine).content
        measured = engine.measure(content, of_engine, PLAN)
        assert 0 < measured.min_ms <= measured.median_ms <= measured.p90_ms
        assert measured.provenance is engine.provenance
        assert (measured.provenance == "measured") == (name in ("onnxruntime", "tvm"))

    def test_what_it_optimized_still_answers_the_same(
        self, name: str, of_engine: DeviceSpec
    ) -> None:
        if name == "onnxruntime-qnn":
            pytest.skip("gives the units that the DSP's compiler reads, which no other runs")
        engine = engine_named(name)
        content = ready_blocks([HEAD], of_engine, engine).content
        optimized = engine.optimized(content, of_engine).SerializeToString()
        shape = engine.load(content, of_engine).input_shape
        batch = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        before, after = (engine.load(c, of_engine)(batch) for c in (content, optimized))
        np.testing.assert_allclose(before, after, atol=1e-5)


def test_an_unknown_engine_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="onnxruntime-qnn, roofline, simulated, tvm"):
        engine_named("tensorrt")
