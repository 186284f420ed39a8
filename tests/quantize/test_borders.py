"""A block's ends are the integers that flow between the blocks of a network."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from hwnas.block import BlockSpec, ConvSpec, DispatchSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.device import DeviceSpec
from hwnas.measure.engine import engine_named
from hwnas.profile import ready_blocks

ENGINE = engine_named("onnxruntime")

pytestmark = pytest.mark.parametrize("activation", ["relu", "relu6", "hard_swish", "none"])


def ends(model: onnx.ModelProto) -> tuple[int, int]:
    values = (model.graph.input[0], model.graph.output[0])
    first, last = (value.type.tensor_type.elem_type for value in values)
    return first, last


def inner(activation: str) -> list[BlockSpec]:
    """Blocks that neither read the image nor give logits."""
    shape = {"input_size": 8, "in_channels": 8, "kernel_size": 3}
    return [
        ConvSpec(out_channels=16, stride=2, activation=activation, **shape),
        MBConvSpec(
            out_channels=8, stride=1, expansion=3, se_ratio=0.25, activation=activation, **shape
        ),
        MBConvSpec(out_channels=16, stride=2, expansion=1, activation=activation, **shape),
        DispatchSpec(),
    ]


def test_a_stem_reads_floats_and_gives_integers(simulated: DeviceSpec, activation: str) -> None:
    stem = StemSpec(
        input_size=8, in_channels=1, out_channels=8, kernel_size=3, stride=1, activation=activation
    )
    model = ready_blocks([stem], simulated, ENGINE).model
    assert ends(model) == (TensorProto.FLOAT, TensorProto.UINT8)


def test_inner_blocks_read_and_give_integers(simulated: DeviceSpec, activation: str) -> None:
    for block in inner(activation):
        model = ready_blocks([block], simulated, ENGINE).model
        assert ends(model) == (TensorProto.UINT8, TensorProto.UINT8), block


def test_a_head_reads_integers_and_gives_floats(simulated: DeviceSpec, activation: str) -> None:
    head = HeadSpec(
        input_size=4, in_channels=8, hidden_channels=16, n_classes=3, activation=activation
    )
    model = ready_blocks([head], simulated, ENGINE).model
    assert ends(model) == (TensorProto.UINT8, TensorProto.FLOAT)


def test_every_opened_block_runs(simulated: DeviceSpec, activation: str) -> None:
    for block in inner(activation):
        runner = ENGINE.load(ready_blocks([block], simulated, ENGINE).content, simulated)
        output = runner(np.full(runner.input_shape, 128, np.uint8))
        assert output.dtype == np.uint8 and block.out_channels in output.shape
