"""Blocks put together are the network that is exported and quantized whole."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest

from hwnas.device import DeviceSpec, Precision, load_device
from hwnas.measure.engine import engine_named
from hwnas.profile import BlockMaker, ready_blocks
from hwnas.space import (
    Architecture,
    Network,
    Space,
    blocks_of,
    random_architecture,
    space_named,
)
from hwnas.space.darts import DartsSpace
from hwnas.space.resnet import ResnetSpace, ResnetStage

ENGINE = engine_named("onnxruntime")
IMAGES: Any = {"in_channels": 3, "n_classes": 10}
RESNET_STAGES = tuple(ResnetStage(base_width=width, max_depth=3) for width in (16, 32))
DARTS = DartsSpace(input_size=16, n_layers=3, channels=8)


def drawn(space: Space, seed: int = 3) -> Network:
    return blocks_of(space, random_architecture(space, np.random.default_rng(seed)))


def uniform(space: Space, option: str) -> Network:
    return blocks_of(space, Architecture(tuple(option for _ in space.decisions)))


NETWORKS = {
    "mobilenet": drawn(space_named("mobilenet", input_size=32, **IMAGES)),
    "nasbench-macro": drawn(space_named("nasbench-macro", input_size=32, **IMAGES)),
    "nasbench201": drawn(space_named("nasbench201", input_size=16, **IMAGES)),
    "nasbench201 with equal edges": drawn(space_named("nasbench201", input_size=8, **IMAGES), 7),
    "resnet": drawn(ResnetSpace(input_size=16, stages=RESNET_STAGES, **IMAGES)),
    "resnet for large images": drawn(ResnetSpace(input_size=72, stages=RESNET_STAGES, **IMAGES)),
    "darts": drawn(DARTS),
    "darts of odd sizes": drawn(replace(DARTS, input_size=9)),
    "darts of zeros": uniform(DARTS, "none"),
    "darts of skips": uniform(DARTS, "skip_connect"),
}
"""Each small enough to be exported whole within a second or two."""


@pytest.fixture
def device() -> DeviceSpec:
    return load_device("x86-cpu")


def operators(model: bytes, device: DeviceSpec) -> Counter[str]:
    return Counter(node.op_type for node in ENGINE.optimized(model, device).graph.node)


@pytest.mark.parametrize("precision", ["int8", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_engine_runs_the_same_operators(
    device: DeviceSpec, precision: Precision, name: str
) -> None:
    blocks = NETWORKS[name]
    target = replace(device, precision=precision)
    whole = ready_blocks(blocks, target, ENGINE).content
    joined = operators(BlockMaker(target, ENGINE).make(blocks), target)
    expected = operators(whole, target)
    if (name, precision) == ("darts of odd sizes", "int8"):  # whole, it keeps seven more
        assert joined.pop("Transpose") < expected.pop("Transpose")
    assert joined == expected


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
