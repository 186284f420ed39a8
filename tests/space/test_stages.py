"""Stages: which blocks may be skipped, which strides are kept, which sizes are open."""

from dataclasses import replace

import pytest

from hwnas.block import MBConvSpec
from hwnas.space import Architecture, Space, blocks_of, space_named
from hwnas.space.mobilenet import SMALLEST_FEATURE_MAP, MobilenetSpace, Stage

STAGE = Stage(widths=(8,), min_depth=2, max_depth=4, kernel_sizes=(3,), expansions=(1, 6))


@pytest.fixture
def small(small_space: Space) -> MobilenetSpace:
    assert isinstance(small_space, MobilenetSpace)
    return small_space


def default(input_size: int) -> MobilenetSpace:
    space = space_named("mobilenet", input_size=input_size, in_channels=3, n_classes=10)
    assert isinstance(space, MobilenetSpace)
    return space


def deepest(space: Space) -> Architecture:
    return Architecture(tuple(decision.options[0] for decision in space.decisions))


@pytest.mark.parametrize(("place", "may_skip"), [(1, False), (2, False), (3, True), (4, True)])
def test_only_a_block_beyond_the_least_depth_may_be_skipped(place: int, may_skip: bool) -> None:
    assert STAGE.block_options(place) == (
        ("k3e1", "k3e6", "skip") if may_skip else ("k3e1", "k3e6")
    )


def test_a_skipped_block_is_left_out_and_the_next_one_joins_on(small: MobilenetSpace) -> None:
    whole = blocks_of(small, deepest(small))
    choices = [d.options[-1] if "skip" in d.options else d.options[0] for d in small.decisions]
    assert len(blocks_of(small, Architecture(tuple(choices)))) == len(whole) - 2


@pytest.mark.parametrize(
    ("input_size", "strides", "last_size"),
    [
        (224, (2, 1, 2, 2, 2, 1, 2, 1), 7),
        (96, (2, 1, 2, 2, 2, 1, 2, 1), 3),
        (64, (1, 1, 2, 2, 2, 1, 2, 1), 4),
        (32, (1, 2, 2, 2), 4),
        (28, (1, 2, 2, 2), 4),
        (16, (1, 1, 2, 2), 4),
        (8, (1, 1, 2), 4),
        (4, (1, 1, 1), 4),
    ],
)
def test_the_plan_for_an_image_keeps_the_late_strides(
    input_size: int, strides: tuple[int, ...], last_size: int
) -> None:
    space = default(input_size)
    assert space.strides == strides
    assert blocks_of(space, deepest(space))[-1].input_size == last_size


def test_no_image_of_three_pixels_and_more_ends_in_less() -> None:
    spaces = [default(input_size) for input_size in (*range(3, 70), *range(70, 300, 17))]
    ends = {s.input_sizes[0]: blocks_of(s, deepest(s))[-1].input_size for s in spaces}
    assert {size: end for size, end in ends.items() if end < SMALLEST_FEATURE_MAP} == {}


def test_the_largest_resolution_decides_on_the_strides(small: MobilenetSpace) -> None:
    assert replace(small, input_sizes=(4, 8)).strides == replace(small, input_sizes=(8,)).strides


def test_the_resolution_is_a_decision_of_its_own(small: MobilenetSpace) -> None:
    space = replace(small, input_sizes=(8, 12))
    first, *rest = deepest(space).choices
    assert space.decisions[0].name == "input_size" and first == "8"
    sizes = [blocks_of(space, Architecture((size, *rest)))[0].input_size for size in ("8", "12")]
    assert sizes == [8, 12]


def test_the_first_block_of_a_stage_takes_its_width_and_stride(small: MobilenetSpace) -> None:
    wide = Architecture(("8", "16", "k5e3", "k3e3", "16", "k3e3", "skip"))
    blocks = [b for b in blocks_of(small, wide) if isinstance(b, MBConvSpec)]
    shapes = [(b.in_channels, b.out_channels, b.kernel_size, b.stride) for b in blocks]
    assert shapes == [(8, 16, 5, 1), (16, 16, 3, 1), (16, 16, 3, 2)]


@pytest.mark.parametrize(
    "wrong", [{"min_depth": 0}, {"min_depth": 5}, {"stride": 0}, {"expansions": ()}]
)
def test_an_impossible_stage_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"min_depth|needs positive"):
        replace(STAGE, **wrong)  # type: ignore[arg-type]
