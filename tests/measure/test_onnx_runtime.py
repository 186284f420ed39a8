"""ONNX Runtime in this process: what it refuses, and what it leaves as it was."""

import gc
import os
from dataclasses import replace

import numpy as np
import onnx
import pytest

from hwnas.block import ConvSpec
from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError
from hwnas.measure import MeasurePlan, Provenance
from hwnas.measure.engine import engine_named
from hwnas.profile import ready_blocks

ENGINE = engine_named("onnxruntime")
SHORT = MeasurePlan(warmup_runs=1, warmup_s=0.0, min_runs=7, min_s=0.0)


def model_with(inputs: list[str], shape: list[int | str]) -> bytes:
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Sum", inputs, ["y"])],
        "g",
        [value(name, onnx.TensorProto.FLOAT, shape) for name in inputs],
        [value("y", onnx.TensorProto.FLOAT, shape)],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    return bytes(
        onnx.helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    )


def conv(out_channels: int = 8) -> ConvSpec:
    return ConvSpec(
        input_size=8,
        in_channels=8,
        out_channels=out_channels,
        kernel_size=3,
        stride=1,
        activation="relu6",
    )


def test_as_many_runs_are_timed_as_the_plan_says(simulated: DeviceSpec) -> None:
    found = ENGINE.measure(model_with(["x"], [1, 3]), simulated, SHORT)
    assert found.n_runs == 7
    assert found.provenance == Provenance.MEASURED


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_a_block_is_timed_in_either_precision(simulated: DeviceSpec, precision: str) -> None:
    device = replace(simulated, precision=precision)  # type: ignore[arg-type]
    ready = ready_blocks([conv()], device, ENGINE)
    assert ENGINE.measure(ready.content, device, SHORT).median_ms > 0


def test_an_open_shape_is_refused_with_its_name(simulated: DeviceSpec) -> None:
    with pytest.raises(MeasurementError, match="'x' has the open shape"):
        ENGINE.measure(model_with(["x"], ["n", 3]), simulated, SHORT)


def test_a_model_with_two_inputs_is_timed_but_reads_no_image(simulated: DeviceSpec) -> None:
    model = model_with(["x", "z"], [1, 3])
    assert ENGINE.measure(model, simulated, SHORT).median_ms > 0
    with pytest.raises(MeasurementError, match="2 inputs"):
        ENGINE.load(model, simulated)


def test_garbage_is_refused_in_one_line(simulated: DeviceSpec) -> None:
    with pytest.raises(MeasurementError, match="refuses the model on 'simulated'") as raised:
        ENGINE.measure(b"garbage", simulated, SHORT)
    assert "\n" not in str(raised.value)


def test_affinity_and_garbage_collection_are_as_before(simulated: DeviceSpec) -> None:
    before = os.sched_getaffinity(0)
    ENGINE.measure(model_with(["x"], [1, 3]), simulated, SHORT)
    assert os.sched_getaffinity(0) == before
    assert gc.isenabled()


def test_a_loaded_model_answers(simulated: DeviceSpec) -> None:
    runner = ENGINE.load(model_with(["x"], [1, 3]), simulated)
    assert runner.input_shape == (1, 3)
    np.testing.assert_array_equal(runner(np.ones((1, 3), np.float32)), [[1, 1, 1]])


def test_the_simulated_clock_is_the_same_twice_and_grows_with_the_work(
    simulated: DeviceSpec,
) -> None:
    engine = engine_named("simulated")
    small, large = (ready_blocks([conv(n)], simulated, engine).content for n in (8, 64))
    plan = MeasurePlan()
    assert engine.measure(small, simulated, plan) == engine.measure(small, simulated, plan)
    assert (
        engine.measure(small, simulated, plan).median_ms
        < engine.measure(large, simulated, plan).median_ms
    )


def test_a_model_that_fails_when_it_runs_is_a_sentence(simulated: DeviceSpec) -> None:
    value = onnx.helper.make_tensor_value_info
    one, two = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["x", "far"], ["y"])],
        "g",
        [value("x", one, [1, 3])],
        [value("y", one, [1, 3])],
        [onnx.helper.make_tensor("far", two, [1], [7])],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    content = onnx.helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    device = replace(simulated, optimization_level="disabled")
    with pytest.raises(MeasurementError, match="The model does not run"):
        ENGINE.measure(content, device, SHORT)
    with pytest.raises(MeasurementError, match="The model does not run"):
        ENGINE.load(content, device)(np.zeros((1, 3), np.float32))
