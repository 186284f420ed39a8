"""The published ResNet space: its encoding, its widths, and the ResNets it holds."""

import numpy as np
import pytest

from hwnas.block import PoolSpec, ResidualSpec, StemSpec
from hwnas.errors import InvalidInputError
from hwnas.space import Architecture, Network, blocks_of, random_architecture
from hwnas.space.resnet import (
    ResnetSpace,
    ResnetStage,
    architecture_from_code,
    code_of,
)

SPACE = ResnetSpace()
SMALL = ResnetSpace(
    input_size=16,
    n_classes=10,
    stages=(ResnetStage(base_width=16, max_depth=2, min_depth=1),) * 2,
    ratios=(1.0, 0.5),
)
PUBLISHED = (  # of the competition's list
    "1252233313000000223212122253130000000000006515000000",
    "1447233323333300331313230025153545153545003252000000",
    "1526421212322232112100000014443444143400006666764600",
    "1448531313231300123222220032124212323242524525756555",
    "1558211121111121132323133325251515255525151111000000",
)


def full_width(*depths: int) -> Network:
    """The network of these depths with every ratio 1."""
    blocks = ("11" * d for d in depths)
    padded = (b.ljust(2 * s.max_depth, "0") for b, s in zip(blocks, SPACE.stages, strict=True))
    code = f"1{''.join(map(str, depths))}1{''.join(padded)}"
    return blocks_of(SPACE, architecture_from_code(SPACE, code))


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_codes_read_and_write_back(code: str) -> None:
    assert code_of(SPACE, architecture_from_code(SPACE, code)) == code


def test_a_code_read_is_the_network_written() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        architecture = random_architecture(SPACE, rng)
        read = architecture_from_code(SPACE, code_of(SPACE, architecture))
        assert blocks_of(SPACE, read).blocks == blocks_of(SPACE, architecture).blocks


@pytest.mark.parametrize(
    ("depths", "n_parameters", "n_macs"),
    [((2, 2, 2, 2), 11_689_512, 1_814_073_344), ((3, 4, 6, 3), 21_797_672, 3_663_761_408)],
    ids=["ResNet-18", "ResNet-34"],
)
def test_it_holds_the_known_resnets(
    depths: tuple[int, ...], n_parameters: int, n_macs: int
) -> None:
    network = full_width(*depths)
    assert sum(block.n_parameters for block in network) == n_parameters
    assert sum(block.n_macs for block in network) == n_macs


def test_a_code_decides_every_width() -> None:
    blocks = blocks_of(SPACE, architecture_from_code(SPACE, PUBLISHED[0]))
    residuals = [b for b in blocks if isinstance(b, ResidualSpec)]
    assert [b.mid_channels for b in residuals[:2]] == [56, 64]  # digits 3 and 1 of 64
    assert {b.out_channels for b in residuals[:2]} == {blocks[0].out_channels} == {56}
    assert [b.mid_channels for b in residuals[-2:]] == [384, 512]  # digits 6 and 1 of 512
    assert [b.has_projection for b in residuals] == [False] * 2 + [True, False, *[False] * 3] + [
        True,
        False,
    ] * 2


def test_a_large_image_is_quartered_before_the_blocks_and_a_small_one_is_not() -> None:
    rng = np.random.default_rng(0)
    large, small = (
        blocks_of(ResnetSpace(input_size=size), random_architecture(SPACE, rng))
        for size in (224, 32)
    )
    assert isinstance(large[1], PoolSpec) and large[2].input_size == 56
    assert isinstance(small[0], StemSpec) and small[0].kernel_size == 3
    assert isinstance(small[1], ResidualSpec) and small[1].input_size == 32


def test_a_skipped_block_leaves_no_trace_but_its_depth() -> None:
    last, first = (
        Architecture(("1.0", "1.0", *stage1, "0.5", "1.0", "skip"))
        for stage1 in (("skip",), ("0.5",))
    )
    assert code_of(SMALL, last) == "111" + "1" + "1100" + "1200"
    assert code_of(SMALL, first) == "121" + "1" + "1121" + "1200"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "is no code of space 'resnet'. Give 12 digits, the first a 1"),
        ("2111" + "1100" + "1100", "the first a 1"),
        ("111x" + "1100" + "1100", "the first a 1"),
        ("1311" + "1111" + "1100", "Depth 3 of stage 1 is not within 1 to 2"),
        ("1111" + "1111" + "1100", "Digits 11 of block 2 in stage 1: depth 1 ends before it"),
        ("1121" + "1100" + "1112", "block 2 in stage 2: the stage ends in width 1"),
        ("1112" + "1100" + "1100", "block 1 in stage 1: the stage ends in width 2"),
        ("1111" + "0100" + "1100", "Digits 01 of block 1 in stage 1 name no ratio"),
        ("1111" + "3100" + "1100", "Write numbers from 1 to 2"),
    ],
)
def test_a_code_that_says_no_network_is_refused(code: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        architecture_from_code(SMALL, code)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stages": ()}, "at least one stage"),
        ({"ratios": (1.0, 1.0)}, "1 to 9 distinct numbers"),
        ({"ratios": (1.0, 0.0)}, "ratio must be positive"),
        ({"n_classes": 0}, "n_classes must be positive"),
    ],
)
def test_an_impossible_space_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ResnetSpace(**settings)  # type: ignore[arg-type]


def test_a_stage_is_as_deep_as_its_code_can_say() -> None:
    with pytest.raises(ValueError, match="max_depth must be from 2"):
        ResnetStage(base_width=8, max_depth=10)
