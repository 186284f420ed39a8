"""Float ONNX becomes int8 by the recipe, and an audit tells what stays in float."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from hwnas.device import DeviceSpec, Recipe
from hwnas.errors import QuantizeError
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_named
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.profile import ready_blocks
from hwnas.quantize import check_integer, deployable, float_operators, quantize
from hwnas.space import Network, blocks_of, random_architecture, space_named

ENGINE = engine_named("onnxruntime")
IMAGES = np.random.default_rng(0).standard_normal((24, 1, 8, 8)).astype(np.float32)


def blocks(**settings: object) -> Network:
    space = space_named("mobilenet", input_size=8, in_channels=1, n_classes=10)
    space = replace(space, **settings) if settings else space  # type: ignore[type-var]
    return blocks_of(space, random_architecture(space, np.random.default_rng(3)))


def float_model() -> onnx.ModelProto:
    network = build(blocks())
    randomize_statistics(network, torch.Generator().manual_seed(0))
    return to_onnx(network, (1, 1, 8, 8))


def types_of(model: onnx.ModelProto) -> dict[str, set[int]]:
    """Element types of the zero points: of activations, and of weights (many values each)."""
    tensors = {t.name: t for t in model.graph.initializer}
    quantized = [n for n in model.graph.node if n.op_type == "QuantizeLinear"]
    weights = [
        n for n in model.graph.node if n.op_type == "DequantizeLinear" and n.input[0] in tensors
    ]
    return {
        "activations": {tensors[n.input[2]].data_type for n in quantized},
        "weights": {
            tensors[n.input[0]].data_type for n in weights if len(tensors[n.input[0]].dims) > 1
        },
        "weight_scales": {int(np.prod(tensors[n.input[1]].dims)) for n in weights},
    }


def test_the_default_recipe_is_unsigned_activations_and_signed_weights_per_channel() -> None:
    types = types_of(quantize(float_model(), Recipe(), IMAGES))
    assert types["activations"] == {TensorProto.UINT8}
    assert types["weights"] == {TensorProto.INT8}
    assert max(types["weight_scales"]) > 1


def test_per_tensor_has_one_scale_a_weight() -> None:
    types = types_of(quantize(float_model(), Recipe(per_channel=False), IMAGES))
    assert types["weight_scales"] == {1}


def test_signed_activations_are_signed() -> None:
    types = types_of(quantize(float_model(), Recipe(activations="int8"), IMAGES))
    assert types["activations"] == {TensorProto.INT8}


def scales(recipe: Recipe) -> list[float]:
    model = quantize(float_model(), recipe, IMAGES)
    tensors = {t.name: t for t in model.graph.initializer}
    return [
        float(onnx.numpy_helper.to_array(tensors[n.input[1]]))
        for n in model.graph.node
        if n.op_type == "QuantizeLinear"
    ]


def test_percentile_and_entropy_find_other_ranges_than_minmax() -> None:
    minmax = scales(Recipe())
    percentile = scales(Recipe(calibration="percentile", percentile=90.0))
    entropy = scales(Recipe(calibration="entropy"))
    assert sum(percentile) < sum(minmax)
    assert entropy not in (minmax, percentile)


def test_the_input_model_is_left_as_it_was() -> None:
    model = float_model()
    before = model.SerializeToString()
    quantize(model, Recipe(), IMAGES)
    assert model.SerializeToString() == before


@pytest.mark.parametrize("images", [IMAGES[:0], np.full_like(IMAGES, np.nan)])
def test_too_few_or_unusable_calibration_images_are_refused(
    images: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    with pytest.raises(QuantizeError, match="calibration image"):
        quantize(float_model(), Recipe(), images)


def test_every_convolution_runs_in_integers(simulated: DeviceSpec) -> None:
    ready = deployable(float_model(), simulated, ENGINE, IMAGES)
    optimized = ENGINE.optimized(ready.content, simulated)
    operators = [node.op_type for node in optimized.graph.node]
    assert operators.count("QLinearConv") >= 5
    assert "Conv" not in operators
    assert ready.left_in_float == ()


def untrained_with_shared_biases(monkeypatch: pytest.MonkeyPatch) -> onnx.ModelProto:
    exporter = import_module("hwnas.export.to_onnx")
    monkeypatch.setattr(exporter, "remove_identity", lambda model: None)
    return to_onnx(build(blocks()), (1, 1, 8, 8))


def test_the_audit_names_the_convolution_that_a_shared_bias_leaves_in_float(
    monkeypatch: pytest.MonkeyPatch, simulated: DeviceSpec
) -> None:
    model = untrained_with_shared_biases(monkeypatch)
    assert any(node.op_type == "Identity" for node in model.graph.node)
    with pytest.raises(QuantizeError, match=r"Conv '/.*' would run in float .* bias"):
        deployable(model, simulated, ENGINE, IMAGES)


def test_an_untrained_network_without_identities_passes(simulated: DeviceSpec) -> None:
    model = to_onnx(build(blocks()), (1, 1, 8, 8))
    assert deployable(model, simulated, ENGINE, IMAGES).left_in_float == ()


def test_attention_and_hard_swish_leave_light_operators_only(simulated: DeviceSpec) -> None:
    ready = ready_blocks(blocks(activation="hard_swish", se_ratio=0.25), simulated, ENGINE)
    assert {name.split()[0] for name in ready.left_in_float} <= {"HardSigmoid", "Mul"}
    assert ready.left_in_float


def test_a_float_graph_is_all_float_operators(simulated: DeviceSpec) -> None:
    optimized = ENGINE.optimized(float_model().SerializeToString(), simulated)
    assert len(float_operators(optimized)) == len(optimized.graph.node)
    with pytest.raises(QuantizeError):
        check_integer(optimized)


def ends(model: onnx.ModelProto) -> tuple[int, int]:
    graph = model.graph
    return (
        graph.input[0].type.tensor_type.elem_type,
        graph.output[0].type.tensor_type.elem_type,
    )


@pytest.mark.parametrize("index", range(len(blocks())))
def test_a_block_is_timed_with_the_ends_it_has_in_the_network(
    simulated: DeviceSpec, index: int
) -> None:
    block = blocks()[index]
    first = TensorProto.FLOAT if block.reads_image else TensorProto.UINT8
    last = TensorProto.FLOAT if block.gives_logits else TensorProto.UINT8
    assert ends(ready_blocks([block], simulated, ENGINE).model) == (first, last)


def test_blocks_in_a_row_compute_what_the_network_does(simulated: DeviceSpec) -> None:
    row = blocks()
    shape = input_shape(row, 1)
    ready = ready_blocks(row, simulated, ENGINE)
    logits = ENGINE.load(ready.content, simulated)(IMAGES[:1].reshape(shape))
    assert logits.shape == (1, 10)
    assert np.isfinite(logits).all()
