"""What follows from a walk: one network's blocks, all blocks, and who is a member."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.space import (
    Architecture,
    Decision,
    Space,
    all_blocks,
    all_placed_blocks,
    blocks_of,
    check_member,
    layers_of,
    random_architecture,
    space_named,
)
from hwnas.space.mobilenet import MobilenetSpace
from hwnas.space.nasbench_macro import NasbenchMacroSpace


def every_architecture(space: Space) -> list[Architecture]:
    options = (decision.options for decision in space.decisions)
    return [Architecture(choices) for choices in itertools.product(*options)]


@pytest.fixture
def two_sizes(small_space: Space) -> Space:
    """The small space with the resolution open and squeeze-excitation on."""
    assert isinstance(small_space, MobilenetSpace)
    return replace(small_space, input_sizes=(8, 12), se_ratio=0.25)


def test_all_blocks_are_the_union_over_all_networks_of_two_resolutions(two_sizes: Space) -> None:
    union = {b for a in every_architecture(two_sizes) for b in blocks_of(two_sizes, a)}
    assert set(all_blocks(two_sizes)) == union


def test_all_places_are_the_union_over_all_networks(two_sizes: Space) -> None:
    networks = [blocks_of(two_sizes, a) for a in every_architecture(two_sizes)]
    union = {p for n in networks for p in zip(n.positions, n.blocks, strict=True)}
    assert {(p.position, p.block) for p in all_placed_blocks(two_sizes)} == union


def test_all_blocks_of_nasbench_macro_are_the_union_over_its_6561_networks() -> None:
    space = NasbenchMacroSpace()
    union = {b for a in every_architecture(space) for b in blocks_of(space, a)}
    assert set(all_blocks(space)) == union


@pytest.mark.parametrize("name", ["mobilenet", "nasbench-macro"])
def test_no_block_is_listed_twice(name: str) -> None:
    space = space_named(name, input_size=224, in_channels=3, n_classes=10)
    assert len(set(all_blocks(space))) == len(all_blocks(space))
    assert len(set(all_placed_blocks(space))) == len(all_placed_blocks(space))


def test_the_layers_hold_as_many_paths_as_the_space_networks(small_space: Space) -> None:
    paths = {small_space.start()[0]: 1}
    for layer in layers_of(small_space):
        reached = dict.fromkeys((move.state for moves in layer.values() for move in moves), 0)
        for state, moves in layer.items():
            for move in moves:
                reached[move.state] += paths[state]
        paths = reached
    assert sum(paths.values()) == len(every_architecture(small_space))


def test_random_networks_are_members_and_reach_every_option(small_space: Space) -> None:
    rng = np.random.default_rng(0)
    drawn = [random_architecture(small_space, rng) for _ in range(100)]
    seen = [set(options) for options in zip(*(a.choices for a in drawn), strict=True)]
    assert seen == [set(decision.options) for decision in small_space.decisions]


def test_one_seed_draws_one_network(small_space: Space) -> None:
    first, again = (random_architecture(small_space, np.random.default_rng(7)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("n_choices", [0, 7, 9])
def test_too_few_or_many_choices_are_counted(n_choices: int) -> None:
    with pytest.raises(InvalidInputError, match=f"{n_choices} choices for the 8 decisions"):
        check_member(NasbenchMacroSpace(), Architecture(("k3e3",) * n_choices))


def test_an_option_not_offered_names_the_decision_and_the_nearest() -> None:
    wrong = Architecture((*("k3e3",) * 7, "k5e3"))
    with pytest.raises(UnknownNameError, match=r"option of block8 'k5e3'; did you mean"):
        check_member(NasbenchMacroSpace(), wrong)


@pytest.mark.parametrize("options", [(), ("a", "a")])
def test_a_decision_needs_distinct_options(options: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="width needs distinct options"):
        Decision("width", options)


def test_an_architecture_is_written_as_its_choices() -> None:
    assert str(Architecture(("8", "k3e3", "skip"))) == "8,k3e3,skip"
