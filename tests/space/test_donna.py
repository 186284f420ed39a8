"""DONNA's space: blocks that are replaced as a whole."""

from dataclasses import replace
from typing import Any

import pytest

from hwnas.block import AttentionSpec, ConvSpec, LinearResidualSpec, MBConvSpec, ShuffleSpec
from hwnas.errors import UnknownNameError
from hwnas.space import Architecture, blocks_of, space_named
from hwnas.space.donna import DonnaBlock, DonnaSpace

SPACE = DonnaSpace(
    input_size=16,
    in_channels=3,
    n_classes=5,
    stem_channels=16,
    stem_stride=1,
    blocks=(DonnaBlock(out_channels=24, stride=2), DonnaBlock(out_channels=24, stride=1)),
    head_channels=32,
    kernel_sizes=(3, 5),
    expansions=(2, 3),
    activations=("relu", "swish"),
    se_ratios=(0.0, 0.25),
    depths=(1, 3),
    widths=(0.5, 1.0),
)


def chosen(first: str, second: str = "residual-d1") -> list[Any]:
    return list(blocks_of(SPACE, Architecture((first, second))))[1:-1]


def test_every_block_has_the_same_options_each_once() -> None:
    options = SPACE.decisions[0].options
    assert all(decision.options == options for decision in SPACE.decisions)
    n = {"mbconv": 2 * 2 * 2 * 2, "fused": 8, "grouped": 8, "residual": 1, "shuffle": 4}
    n["attention"] = 4
    for name, count in n.items():
        mine = [option for option in options if option.split("-")[0] == name]
        assert len(mine) == count * 3, name  # one layer, three, three of half the width


def test_a_block_keeps_the_shapes_at_its_cuts_whatever_stands_between() -> None:
    layers = chosen("mbconv-k5-e3-swish-se0.25-d3-w0.5")[:3]
    widths = [(layer.in_channels, layer.out_channels) for layer in layers]
    assert widths == [(16, 16), (16, 16), (16, 24)]
    first = layers[0]
    assert isinstance(first, MBConvSpec)
    assert (first.kernel_size, first.expansion, first.stride) == (5, 3, 2)
    assert (first.activation, first.se_ratio) == ("swish", 0.25)
    assert [layer.stride for layer in layers] == [2, 1, 1]


def test_attention_is_entered_by_a_convolution_where_the_shape_changes() -> None:
    first, second, third, *_ = chosen("attention-e2-relu-d3", "attention-e2-relu-d1")
    assert isinstance(first, ConvSpec) and first.stride == 2
    assert isinstance(second, AttentionSpec) and isinstance(third, AttentionSpec)
    alone = chosen("residual-d1", "attention-e2-relu-d1")[1]
    assert isinstance(alone, AttentionSpec) and alone.head_width == 8


def test_types_heed_what_they_are_told() -> None:
    assert isinstance(chosen("residual-d1")[0], LinearResidualSpec)
    shuffle = chosen("shuffle-k5-swish-d1")[0]
    assert isinstance(shuffle, ShuffleSpec)
    assert (shuffle.kernel_size, shuffle.activation) == (5, "swish")


def test_the_reference_is_the_largest_inverted_residual() -> None:
    assert SPACE.reference == "mbconv-k5-e3-relu-se0.25-d3"
    assert replace(SPACE, types=("shuffle",)).reference == "shuffle-k5-relu-d3"


def test_fewer_pixels_have_fewer_blocks() -> None:
    small, large = (
        space_named("donna", input_size=size, in_channels=3, n_classes=10) for size in (28, 224)
    )
    assert (len(small.decisions), len(large.decisions)) == (4, 5)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kernel_sizes": (4,)}, "must be odd"),
        ({"kernel_sizes": (3, -1)}, "must be odd and 1 or more, got"),
        ({"expansions": (0,)}, "expansions of space .* must be 1 or more"),
        ({"se_ratios": (0.0, -0.25)}, "from 0 to 1"),
        ({"depths": (0, -1)}, r"depths of space .* must be 1 or more, got \(0, -1\)"),
        ({"widths": (1.5,)}, "above 0 and at most 1"),
        ({"blocks": ()}, "at least one of blocks"),
        ({"depths": ()}, "at least one of depths"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(SPACE, **changed)  # type: ignore[arg-type]


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownNameError, match="mbconvs"):
        replace(SPACE, types=("mbconvs",))
