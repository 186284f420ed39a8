"""A ReLU at a block's beginning costs in int8 what it costs in a network quantized whole."""

from collections import Counter
from collections.abc import Sequence

import pytest

from hwnas.block import AddSpec, BlockSpec, LinearHeadSpec, PreactConvSpec, StemSpec
from hwnas.device import DeviceSpec, load_device
from hwnas.measure.engine import engine_named
from hwnas.profile import BlockMaker, ready_blocks
from hwnas.space import PlacedBlock, wired

ENGINE = engine_named("onnxruntime")
STEM = StemSpec(
    input_size=8, in_channels=1, out_channels=8, kernel_size=3, stride=1, activation="none"
)
CONV = PreactConvSpec(
    input_size=8, in_channels=8, out_channels=8, kernel_size=3, stride=1, activation="relu"
)
ADD = AddSpec(input_size=8, in_channels=8, n_inputs=2)
HEAD = LinearHeadSpec(input_size=8, in_channels=8, n_classes=3)


@pytest.fixture
def device() -> DeviceSpec:
    return load_device("x86-cpu")


def network(*addends: str) -> Sequence[BlockSpec]:
    """Stem, two convolutions that read it, and the sum of what is named."""
    convolutions = [PlacedBlock(name, CONV, ("stem",)) for name in ("one", "two")]
    places = (PlacedBlock("stem", STEM), *convolutions, PlacedBlock("sum", ADD, addends))
    return wired([*places, PlacedBlock("head", HEAD, ("sum",))])


def n_quantized(model: bytes, device: DeviceSpec) -> int:
    """How often floats are made integers; the image is, once."""
    graph = ENGINE.optimized(model, device).graph
    return Counter(node.op_type for node in graph.node)["QuantizeLinear"]


def test_alone_a_block_makes_integers_of_another_scale(device: DeviceSpec) -> None:
    assert n_quantized(ready_blocks([CONV], device, ENGINE).content, device) == 1


@pytest.mark.parametrize(
    ("addends", "made"),
    [(("one", "two"), 1), (("one", "stem"), 2), (("one", "one"), 1)],
    ids=["ReLUs alone read the stem", "the sum reads it too", "one ReLU reads it"],
)
def test_joined_it_is_absorbed_unless_others_read_what_it_reads(
    device: DeviceSpec, addends: tuple[str, str], made: int
) -> None:
    blocks = network(*addends)
    assert n_quantized(BlockMaker(device, ENGINE).make(blocks), device) == made
    assert n_quantized(ready_blocks(blocks, device, ENGINE).content, device) == made
