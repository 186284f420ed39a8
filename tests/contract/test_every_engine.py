"""What every engine must do, by being listed."""

import numpy as np
import pytest

from hwnas.block import HeadSpec
from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError, UnknownNameError
from hwnas.measure import Measurement, MeasurePlan
from hwnas.measure.engine import ENGINES, engine_named
from hwnas.profile import ready_blocks

HEAD = HeadSpec(input_size=3, in_channels=8, hidden_channels=8, n_classes=4, activation="relu6")
PLAN = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=3, min_s=0.0)


@pytest.mark.parametrize("name", ENGINES)
class TestEveryEngine:
    def test_it_tells_its_version(self, name: str) -> None:
        assert engine_named(name).version().startswith(name)

    def test_it_times_runs_and_optimizes_a_block(self, name: str, simulated: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], simulated, engine).content
        assert isinstance(engine.measure(content, simulated, PLAN), Measurement)
        runner = engine.load(content, simulated)
        assert runner.input_shape == (1, 3, 3, 8)
        assert runner(np.zeros((1, 3, 3, 8), np.uint8)).shape == (1, 4)
        assert len(engine.optimized(content, simulated).graph.node) > 0

    def test_it_refuses_garbage(self, name: str, simulated: DeviceSpec) -> None:
        with pytest.raises(MeasurementError):
            engine_named(name).measure(b"garbage", simulated, PLAN)
        for refuse in (engine_named(name).load, engine_named(name).optimized):
            with pytest.raises(MeasurementError):
                refuse(b"garbage", simulated)

    def test_it_refuses_half_a_model(self, name: str, simulated: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], simulated, engine).content
        with pytest.raises(MeasurementError):
            engine.measure(content[: len(content) // 2], simulated, PLAN)

    def test_it_refuses_nothing_at_all(self, name: str, simulated: DeviceSpec) -> None:
        with pytest.raises(MeasurementError):
            engine_named(name).measure(b"", simulated, PLAN)

    def test_its_measurement_can_be_believed(self, name: str, simulated: DeviceSpec) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], simulated, engine).content
        measured = engine.measure(content, simulated, PLAN)
        assert 0 < measured.min_ms <= measured.median_ms <= measured.p90_ms
        assert (measured.provenance == "measured") == (name not in ("simulated", "roofline"))

    def test_what_it_optimized_still_answers_the_same(
        self, name: str, simulated: DeviceSpec
    ) -> None:
        engine = engine_named(name)
        content = ready_blocks([HEAD], simulated, engine).content
        optimized = engine.optimized(content, simulated).SerializeToString()
        batch = np.random.default_rng(0).integers(0, 256, (1, 3, 3, 8), np.uint8)
        before, after = (engine.load(c, simulated)(batch) for c in (content, optimized))
        np.testing.assert_allclose(before, after, atol=1e-5)


def test_an_unknown_engine_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="onnxruntime, roofline, simulated"):
        engine_named("tensorrt")
