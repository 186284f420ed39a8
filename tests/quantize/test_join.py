"""Blocks put together are the network that is exported and quantized whole."""

from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pytest

from hwnas.device import DeviceSpec, Precision, load_device
from hwnas.measure.engine import engine_named
from hwnas.profile import BlockMaker, ready_blocks
from hwnas.space import blocks_of, random_architecture, space_named

ENGINE = engine_named("onnxruntime")


@pytest.fixture
def device() -> DeviceSpec:
    return load_device("x86-cpu")


def operators(model: bytes, device: DeviceSpec) -> Counter[str]:
    return Counter(node.op_type for node in ENGINE.optimized(model, device).graph.node)


@pytest.mark.parametrize("precision", ["int8", "float32"])
@pytest.mark.parametrize(
    ("name", "size"), [("mobilenet", 32), ("nasbench-macro", 32), ("nasbench201", 16)]
)
def test_the_engine_runs_the_same_operators(
    device: DeviceSpec, precision: Precision, name: str, size: int
) -> None:
    space = space_named(name, input_size=size, in_channels=3, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(3)))
    target = replace(device, precision=precision)
    whole = ready_blocks(blocks, target, ENGINE).content
    assert operators(BlockMaker(target, ENGINE).make(blocks), target) == operators(whole, target)


def test_in_float_it_computes_one_block_after_the_other(device: DeviceSpec) -> None:
    space = space_named("mobilenet", input_size=8, in_channels=1, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(0)))
    target = replace(device, precision="float32")
    maker = BlockMaker(target, ENGINE)
    features = np.random.default_rng(1).standard_normal((1, 1, 8, 8)).astype(np.float32)
    together = ENGINE.load(maker.make(blocks), target)(features)
    for block in blocks:
        features = ENGINE.load(maker.make([block]), target)(features)
    np.testing.assert_allclose(together, features, rtol=1e-4, atol=1e-5)


def test_it_is_a_valid_model(device: DeviceSpec) -> None:
    space = space_named("mobilenet", input_size=8, in_channels=1, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(0)))
    model = onnx.load_model_from_string(BlockMaker(device, ENGINE).make(blocks))
    onnx.checker.check_model(model, full_check=True)
