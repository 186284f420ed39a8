from dataclasses import replace

import pytest

from hwnas.block import MBConvSpec, divisible

BLOCK = MBConvSpec(
    input_size=8,
    in_channels=16,
    out_channels=16,
    kernel_size=3,
    expansion=6,
    stride=1,
    activation="relu6",
)


def test_the_input_is_added_where_the_shape_stays() -> None:
    assert BLOCK.has_residual


@pytest.mark.parametrize("change", [{"stride": 2}, {"out_channels": 24}])
def test_nothing_is_added_where_the_shape_changes(change: dict[str, int]) -> None:
    assert not replace(BLOCK, **change).has_residual  # type: ignore[arg-type]


def test_without_a_ratio_there_is_no_squeeze_excitation() -> None:
    assert BLOCK.se_channels == 0


def test_squeeze_excitation_is_a_share_of_the_hidden_channels_in_eights() -> None:
    assert replace(BLOCK, se_ratio=0.25).se_channels == 24


@pytest.mark.parametrize(("size", "output_size"), [(8, 4), (7, 4), (1, 1)])
def test_a_stride_of_two_halves_and_rounds_up(size: int, output_size: int) -> None:
    assert replace(BLOCK, input_size=size, stride=2).output_size == output_size


@pytest.mark.parametrize(
    ("channels", "rounded"),
    [(1, 8), (12, 16), (16 * 0.75, 16), (18, 24), (24 * 1.4, 32), (33, 32)],
)
def test_widths_are_eights_that_lose_no_more_than_a_tenth(channels: float, rounded: int) -> None:
    assert divisible(channels) == rounded
