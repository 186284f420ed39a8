"""Spaces without what a device refuses."""

import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.space import Space, all_blocks, space_from_json, space_named, without_operations

IMAGES = {"input_size": 32, "in_channels": 3, "n_classes": 10}


def cells(name: str) -> Space:
    return space_named(name, **IMAGES)


def test_nothing_refused_leaves_the_space() -> None:
    space = cells("nasbench201")
    assert without_operations(space, ()) is space
    assert without_operations(space, ("max_pool_3x3",)) == space


@pytest.mark.parametrize(
    ("name", "refused"), [("nasbench201", "avg_pool_3x3"), ("darts", "max_pool_3x3")]
)
def test_an_edge_chooses_among_the_others(name: str, refused: str) -> None:
    space = cells(name)
    allowed = without_operations(space, (refused,))
    offered = {option for decision in space.decisions for option in decision.options}
    left = {option for decision in allowed.decisions for option in decision.options}
    assert left == offered - {refused}
    assert set(all_blocks(allowed)) < set(all_blocks(space))
    assert space_from_json(allowed.to_json(), "run") == allowed


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="max_pool_3x3"):
        without_operations(cells("darts"), ("max_pol_3x3",))


def test_what_every_network_has_cannot_be_left_out() -> None:
    ofa = space_named("ofa-mobilenetv3", input_size=160, in_channels=3, n_classes=10)
    with pytest.raises(InvalidInputError, match="have hard_swish, which the device refuses"):
        without_operations(ofa, ("hard_swish",))


def test_a_space_of_which_too_little_is_left_is_refused() -> None:
    weightless = ("max_pool_3x3", "avg_pool_3x3", "skip_connect")
    with pytest.raises(InvalidInputError, match="space 'darts' is none: operations must be"):
        without_operations(cells("darts"), weightless)
