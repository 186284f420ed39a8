"""Execution providers: which are there, and whether the one asked for runs every operator."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper

from hwnas.agent import providers
from hwnas.device import DeviceSpec, load_device
from hwnas.errors import MeasurementError
from hwnas.measure.engine import engine_named
from hwnas.measure.engine.units import integer_units
from hwnas.profile import ready_blocks
from hwnas.quantize import check_integer
from hwnas.space import blocks_of, random_architecture, space_named

X86, DSP = load_device("x86-cpu"), load_device("hexagon-dsp")
ENGINE = engine_named("onnxruntime")

needs_qnn = pytest.mark.skipif(
    providers.QNN not in providers.available(), reason="needs onnxruntime-qnn (hwnas[qnn])"
)


def network(device: DeviceSpec, space: str = "mobilenet") -> onnx.ModelProto:
    chosen = space_named(space, input_size=32, in_channels=3, n_classes=10)
    architecture = random_architecture(chosen, np.random.default_rng(3))
    return ready_blocks(blocks_of(chosen, architecture).blocks, device, ENGINE).model


def with_an_operator_that_no_dsp_has() -> bytes:
    """A convolution, and the places where its output is not zero."""
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "weight"], ["features"], name="conv"),
            helper.make_node("NonZero", ["features"], ["output"], name="places"),
        ],
        "odd",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("output", onnx.TensorProto.INT64, [4, None])],
        [onnx.numpy_helper.from_array(np.ones((4, 3, 1, 1), np.float32), "weight")],
    )
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())


def test_the_processor_runs_every_operator_of_its_own_model() -> None:
    model = network(X86).SerializeToString()
    placed = ENGINE.placement(model, X86)
    assert placed is not None and set(placed) == {"CPUExecutionProvider"}
    assert placed["CPUExecutionProvider"]["QLinearConv"] > 5


def test_a_provider_that_is_not_there_is_named_with_those_that_are() -> None:
    device = replace(X86, provider="TensorrtExecutionProvider")
    with pytest.raises(MeasurementError, match=r"no provider 'Tensorrt.*CPUExecutionProvider"):
        ENGINE.load(network(X86).SerializeToString(), device)


def test_a_fallback_that_is_not_there_is_named() -> None:
    device = replace(X86, fallback_providers=("CUDAExecutionProvider",))
    with pytest.raises(MeasurementError, match="no provider 'CUDAExecutionProvider'"):
        ENGINE.load(network(X86).SerializeToString(), device)


def test_a_plugin_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(providers.PLUGINS, providers.QNN, "no_such_package")
    with pytest.raises(MeasurementError, match="pip install no-such-package"):
        ENGINE.load(network(X86).SerializeToString(), replace(X86, provider=providers.QNN))


@needs_qnn
def test_operators_left_to_the_processor_are_refused_by_name() -> None:
    device = replace(DSP, precision="float32")
    with pytest.raises(MeasurementError, match="leaves 1 NonZero to the processor"):
        ENGINE.load(with_an_operator_that_no_dsp_has(), device)


@needs_qnn
def test_a_chip_that_takes_nothing_points_at_its_options() -> None:
    device = replace(DSP, provider_options={**DSP.provider_options, "soc_model": "9999"})
    with pytest.raises(MeasurementError, match="Correct its provider_options"):
        ENGINE.load(network(DSP).SerializeToString(), device)


@needs_qnn
def test_behind_a_plugin_only_the_processor_can_be() -> None:
    device = replace(DSP, fallback_providers=("AzureExecutionProvider",))
    with pytest.raises(MeasurementError, match="Correct fallback_providers"):
        ENGINE.load(network(DSP).SerializeToString(), device)


@needs_qnn
def test_a_device_may_allow_the_processor_to_run_what_its_provider_does_not() -> None:
    device = replace(DSP, precision="float32", fallback_providers=(providers.PROCESSOR,))
    placed = ENGINE.placement(with_an_operator_that_no_dsp_has(), device)
    assert placed is not None and set(placed) == {providers.QNN, providers.PROCESSOR}
    assert placed[providers.PROCESSOR] == {"NonZero": 1}


def test_a_complete_unit_is_an_operator_of_integers() -> None:
    """The audit then finds nothing; without its quantizer's node it finds the convolution."""
    quantized = network(X86)
    assert check_integer(integer_units(quantized)) == []
    first = next(node for node in quantized.graph.node if node.op_type == "Conv")
    source = next(n for n in quantized.graph.node if first.input[0] in n.output)
    quantizer = next(n for n in quantized.graph.node if source.input[0] in n.output)
    first.input[0] = quantizer.input[0]  # reads the image itself
    with pytest.raises(Exception, match="would run in float"):
        check_integer(integer_units(quantized))
