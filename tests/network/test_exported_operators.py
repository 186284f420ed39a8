"""What a block's graph does between its convolutions: residual, activation, attention."""

from collections import Counter
from dataclasses import replace

import pytest

from hwnas.block import BlockSpec, ConvSpec, HeadSpec, MBConvSpec
from hwnas.export import to_onnx
from hwnas.network import input_shape, module_of

OPERATORS = {"relu": "Relu", "relu6": "Clip", "hard_swish": "HardSwish"}
CONV = ConvSpec(
    input_size=8, in_channels=8, out_channels=16, kernel_size=3, stride=1, activation="none"
)
MBCONV = MBConvSpec(
    input_size=8,
    in_channels=8,
    out_channels=8,
    kernel_size=5,
    expansion=3,
    stride=1,
    activation="relu6",
)
HEAD = HeadSpec(input_size=8, in_channels=8, hidden_channels=16, n_classes=4, activation="relu6")


def operators_of(block: BlockSpec) -> Counter[str]:
    model = to_onnx(module_of(block), input_shape([block], 1))
    return Counter(node.op_type for node in model.graph.node if node.op_type != "Constant")


def test_the_input_is_added_where_the_shape_stays() -> None:
    assert MBCONV.has_residual and operators_of(MBCONV)["Add"] == 1


@pytest.mark.parametrize("block", [replace(MBCONV, stride=2), replace(MBCONV, out_channels=16)])
def test_nothing_is_added_where_the_shape_changes(block: MBConvSpec) -> None:
    assert not block.has_residual and operators_of(block)["Add"] == 0


@pytest.mark.parametrize("activation", OPERATORS)
def test_the_activation_follows_expanding_and_depthwise_but_not_projecting(
    activation: str,
) -> None:
    block = replace(MBCONV, activation=activation, stride=2)
    assert operators_of(block) == {"Conv": 3, OPERATORS[activation]: 2}
    assert operators_of(replace(block, expansion=1)) == {"Conv": 2, OPERATORS[activation]: 1}


def test_attention_pools_squeezes_excites_and_scales() -> None:
    added = operators_of(replace(MBCONV, se_ratio=0.25)) - operators_of(MBCONV)
    assert added == {"GlobalAveragePool": 1, "Conv": 2, "Relu": 1, "HardSigmoid": 1, "Mul": 1}


def test_a_projection_between_stages_is_a_bare_convolution() -> None:
    assert operators_of(CONV) == {"Conv": 1}


def test_a_head_widens_averages_and_classifies() -> None:
    expected = {"Conv": 1, "Clip": 1, "GlobalAveragePool": 1, "Flatten": 1, "Gemm": 1}
    assert operators_of(HEAD) == expected
