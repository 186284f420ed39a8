"""The form in which a model is timed and ships."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, Recipe
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_named
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.network import build, randomize_statistics
from hwnas.profile import ready_blocks
from hwnas.quantize import Deployable, deployable, deployable_blocks
from hwnas.space import Network, Space, blocks_of, random_architecture

ENGINE = engine_named("onnxruntime")
IMAGES = np.random.default_rng(0).standard_normal((24, 1, 8, 8)).astype(np.float32)


@pytest.fixture
def blocks(small_space: Space) -> Network:
    return blocks_of(small_space, random_architecture(small_space, np.random.default_rng(0)))


@pytest.fixture
def model(blocks: tuple[BlockSpec, ...]) -> onnx.ModelProto:
    torch.manual_seed(0)
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    return to_onnx(network, (1, 1, 8, 8))


class NoGraph(OnnxRuntimeEngine):
    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        raise AssertionError("nobody needs the graph of a float model")


def test_a_float_device_gets_the_model_as_it_is(
    simulated: DeviceSpec, model: onnx.ModelProto
) -> None:
    device = replace(simulated, precision="float32")
    assert deployable(model, device, NoGraph(), IMAGES[:0]) == Deployable(model, ())


def test_every_product_becomes_an_integer_one(
    simulated: DeviceSpec, model: onnx.ModelProto
) -> None:
    ready = deployable(model, simulated, ENGINE, IMAGES)
    operators = [node.op_type for node in ENGINE.optimized(ready.content, simulated).graph.node]
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert operators.count("QLinearConv") == len(convolutions) > 5
    assert not {"Conv", "FusedConv", "Gemm", "MatMul"}.intersection(operators)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(per_channel=False),
        Recipe(calibration="percentile"),
        Recipe(calibration="entropy"),
        Recipe(weights="uint8", per_channel=False),
    ],
    ids=str,
)
def test_eight_bits_follow_the_floats(
    simulated: DeviceSpec, model: onnx.ModelProto, recipe: Recipe
) -> None:
    device = replace(simulated, recipe=recipe)
    ready = deployable(model, device, ENGINE, IMAGES)
    logits = [answers(m.SerializeToString(), device) for m in (model, ready.model)]
    assert np.corrcoef(logits[0].ravel(), logits[1].ravel())[0, 1] > 0.95


def answers(model: bytes, device: DeviceSpec) -> NDArray[np.float32]:
    runner = ENGINE.load(model, device)
    return np.concatenate([runner(IMAGES[i : i + 1]) for i in range(len(IMAGES))])


def test_open_ends_change_no_integer(simulated: DeviceSpec, blocks: tuple[BlockSpec, ...]) -> None:
    block = blocks[1]
    torch.manual_seed(0)
    network = build([block])
    randomize_statistics(network, torch.Generator().manual_seed(0))
    inner = to_onnx(network, (1, block.in_channels, block.input_size, block.input_size))
    opened = deployable_blocks(inner, [block], simulated, ENGINE).model
    features = np.random.default_rng(0).standard_normal(
        (2, block.in_channels, block.input_size, block.input_size)
    )
    closed = deployable(inner, simulated, ENGINE, features.astype(np.float32)).model
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in closed.graph.initializer}
    integers = np.arange(features[0].size).reshape(1, *features.shape[1:]) % 256
    floats = (integers - tensors["input_zero_point"]) * tensors["input_scale"]
    expected = ENGINE.load(closed.SerializeToString(), simulated)(floats.astype(np.float32))
    channels_last = integers.astype(np.uint8).transpose(0, 2, 3, 1)
    found = ENGINE.load(opened.SerializeToString(), simulated)(channels_last)
    shifted = found.transpose(0, 3, 1, 2).astype(np.float32) - tensors["output_zero_point"]
    np.testing.assert_allclose(shifted * tensors["output_scale"], expected, atol=1e-5)


def test_a_float_block_keeps_float_ends(
    simulated: DeviceSpec, blocks: tuple[BlockSpec, ...]
) -> None:
    ready = ready_blocks(blocks[1:2], replace(simulated, precision="float32"), ENGINE)
    assert ready.model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert ready.model.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_blocks_are_made_in_the_batch_of_the_device(
    simulated: DeviceSpec, blocks: tuple[BlockSpec, ...]
) -> None:
    ready = ready_blocks(blocks[1:2], replace(simulated, batch=3), ENGINE)
    assert ENGINE.load(ready.content, simulated).input_shape[0] == 3
