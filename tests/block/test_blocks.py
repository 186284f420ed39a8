"""A block's own arithmetic is what torch builds and what a table's row keeps."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from hwnas.block import (
    BLOCKS,
    BlockSpec,
    ConvSpec,
    DispatchSpec,
    HeadSpec,
    MBConvSpec,
    StemSpec,
    block_from_json,
    block_to_json,
    divisible,
)
from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.network import module_of

CONV = ConvSpec(
    input_size=7, in_channels=8, out_channels=12, kernel_size=3, stride=2, activation="relu"
)
STEM = StemSpec(
    input_size=9, in_channels=3, out_channels=8, kernel_size=3, stride=1, activation="relu6"
)
MBCONV = MBConvSpec(
    input_size=9,
    in_channels=8,
    out_channels=16,
    kernel_size=5,
    expansion=4,
    stride=2,
    activation="relu6",
)
HEAD = HeadSpec(input_size=3, in_channels=16, hidden_channels=32, n_classes=5, activation="relu6")
SPECS: list[BlockSpec] = [
    CONV,
    replace(CONV, kernel_size=1, activation="none"),
    STEM,
    MBCONV,
    replace(MBCONV, expansion=1, kernel_size=7),
    replace(MBCONV, stride=1, out_channels=8, activation="hard_swish", se_ratio=0.25),
    HEAD,
    DispatchSpec(),
]


def macs_by_hooks(module: nn.Module, images: torch.Tensor) -> int:
    counted = []

    def count(layer: nn.Module, inputs: object, output: torch.Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            counted.append(output[0].numel() * layer.weight[0].numel())
        elif isinstance(layer, nn.Linear):
            counted.append(layer.weight.numel())

    for layer in module.modules():
        layer.register_forward_hook(count)
    module.eval()(images)
    return sum(counted)


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_costs_and_shapes_are_those_of_the_torch_module(block: BlockSpec) -> None:
    module = module_of(block)
    images = torch.zeros(1, block.in_channels, block.input_size, block.input_size)
    assert block.n_parameters == sum(p.numel() for p in module.parameters())
    assert block.n_macs == macs_by_hooks(module, images)
    shape = module(images).shape
    assert shape[1] == block.out_channels
    assert block.gives_logits or shape[2] == block.output_size


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_a_block_survives_a_table_row(block: BlockSpec) -> None:
    assert block_from_json(block_to_json(block), "row") == block


def test_every_kind_is_listed_under_its_own_name() -> None:
    assert {type(spec) for spec in SPECS} == set(BLOCKS.values())
    assert all(kind == spec.kind for kind, spec in BLOCKS.items())


def test_a_stem_is_not_the_convolution_of_the_same_shape() -> None:
    assert ConvSpec(**vars(STEM)) != STEM


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mbconv'"):
        block_from_json({"kind": "mbcon"}, "row")


def test_an_unknown_key_names_the_nearest() -> None:
    row = block_to_json(HEAD) | {"hiden_channels": 3}
    with pytest.raises(InvalidInputError, match=r"row: unknown key .* 'hidden_channels'"):
        block_from_json(row, "row")


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"kernel_size": -1}, {"se_ratio": 2.0}])
def test_an_impossible_block_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got"):
        replace(MBCONV, **wrong)  # type: ignore[arg-type]


def test_an_unknown_activation_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="relu6"):
        replace(CONV, activation="relu7")


@pytest.mark.parametrize(
    ("channels", "rounded"), [(16, 16), (12, 16), (11.2, 16), (3, 8), (33, 32), (90, 88)]
)
def test_widths_are_multiples_of_8_and_lose_at_most_a_tenth(channels: float, rounded: int) -> None:
    assert divisible(channels) == rounded
    assert divisible(channels) >= 0.9 * channels
