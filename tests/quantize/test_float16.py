"""Half precision: of the whole network, and of blocks as they stand in it."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from hwnas.device import DeviceSpec, Peak, load_device
from hwnas.export import to_onnx
from hwnas.footprint import block_file_bytes, working_set_bytes
from hwnas.measure.engine import engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.profile import ready_blocks
from hwnas.quantize import deployable
from hwnas.space import all_blocks, blocks_of, random_architecture, space_named

HALF = replace(load_device("x86-cpu"), precision="float16")
FLOAT, FLOAT16 = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def element_types(model: onnx.ModelProto) -> tuple[int, int]:
    ends = (model.graph.input[0], model.graph.output[0])
    first, last = (end.type.tensor_type.elem_type for end in ends)
    return first, last


def test_a_network_keeps_image_and_logits_and_answers_nearly_the_same() -> None:
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(0))).blocks
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    model = to_onnx(network, input_shape(blocks, 1))
    engine = engine_for(HALF)
    images = np.random.default_rng(1).standard_normal((1, 3, 32, 32)).astype(np.float32)
    halved = deployable(model, HALF, engine, images)
    assert element_types(halved.model) == (FLOAT, FLOAT)
    assert element_types(model) == (FLOAT, FLOAT)
    weights = {tensor.data_type for tensor in halved.model.graph.initializer if tensor.dims}
    assert FLOAT16 in weights and FLOAT not in weights
    whole, half = (engine.load(m.SerializeToString(), HALF)(images) for m in (model, halved.model))
    assert 0 < np.abs(whole - half).max() < 0.02 * np.abs(whole).max()
    onnx.checker.check_model(halved.model)
    assert len(halved.content) < 0.6 * len(model.SerializeToString())


def test_blocks_between_read_and_give_halves() -> None:
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    engine = engine_for(HALF)
    found = {}
    for block in all_blocks(space):
        ends = (block.reads_image, block.gives_logits)
        if ends not in found:
            found[ends] = element_types(ready_blocks([block], HALF, engine).model)
    assert found == {
        (True, False): (FLOAT, FLOAT16),
        (False, False): (FLOAT16, FLOAT16),
        (False, True): (FLOAT16, FLOAT),
    }


def test_footprints_and_peaks_are_of_two_bytes() -> None:
    space = space_named("mobilenet", input_size=32, in_channels=3, n_classes=10)
    block = max(all_blocks(space), key=lambda b: b.n_macs)
    single = replace(HALF, precision="float32")
    assert working_set_bytes(block, HALF) < 0.6 * working_set_bytes(block, single)
    assert block_file_bytes(block, HALF) < 0.7 * block_file_bytes(block, single)


@pytest.mark.parametrize(("half", "expected"), [(None, 2.0), (5.0, 5.0)])
def test_a_peak_of_halves_may_be_given(half: float | None, expected: float) -> None:
    peak = Peak(
        float32_macs_per_s=2.0, int8_macs_per_s=3.0, bytes_per_s=1.0, float16_macs_per_s=half
    )
    assert peak.macs_per_s(HALF) == expected


def test_the_v100_is_a_card_in_half_precision() -> None:
    card: DeviceSpec = load_device("v100")
    assert card.precision == "float16" and card.tvm.arch == "sm_70"
    assert card.fallback_providers == ("CUDAExecutionProvider",)
