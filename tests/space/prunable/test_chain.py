"""What of a chain can be pruned, and what is left of it."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.block import AddSpec, ThinMBConvSpec
from hwnas.errors import InvalidInputError
from hwnas.space import space_named, wired
from hwnas.space.prunable import (
    PrunableChain,
    evened,
    measured_widths,
    prunable,
)

SPACE = str(Path(__file__).parents[2] / "spaces" / "prunable.toml")


def chain_of(name: str = SPACE, input_size: int = 8) -> PrunableChain:
    made = prunable(space_named(name, input_size=input_size, in_channels=1, n_classes=10))
    assert isinstance(made, PrunableChain)
    return made


def test_each_stage_is_of_its_largest_width() -> None:
    node = chain_of().nodes[0]
    assert {block.out_channels for block in node.operations.values()} == {16}


def test_only_blocks_that_may_be_skipped_may_be_empty() -> None:
    assert [node.may_be_empty for node in chain_of().nodes] == [False, True, False, True]
    assert [node.has_residual for node in chain_of().nodes] == [False, True, False, True]


def test_operations_of_one_kernel_are_one_block() -> None:
    node = chain_of().nodes[0]
    assert node.merged({"k3e2": 8, "k3e3": 16, "k5e3": 24}) == {"k3": 24, "k5": 24}


def test_an_operation_that_does_not_expand_is_a_block_of_its_own() -> None:
    node = chain_of().nodes[2]
    assert node.merged({"k3e1": 16, "k3e4": 8}) == {"k3e1": 16, "k3": 8}


def test_several_branches_are_summed_and_one_adds_the_input() -> None:
    chain = chain_of()
    widths = [{"k3": 8}, {"k3": 8, "k5": 16}, {"k3": 8}, {}]
    network = wired(chain.places(widths, 32))
    placed = dict(zip(network.positions, network.blocks, strict=True))
    assert isinstance(placed["stage1.block2"], AddSpec)
    branches = [placed["stage1.block2.k3"], placed["stage1.block2.k5"]]
    assert [b.has_residual for b in branches if isinstance(b, ThinMBConvSpec)] == [True, False]


def test_an_empty_node_is_no_block() -> None:
    chain = chain_of()
    network = wired(chain.places([{"k3": 8}, {}, {"k3": 8}, {}], 32))
    assert network.positions == ("stem", "stage1.block1", "stage2.block1", "head")


@pytest.mark.parametrize("seed", range(5))
def test_networks_to_calibrate_on_are_of_measured_blocks(seed: int) -> None:
    chain = chain_of()
    assert set(chain.drawn(np.random.default_rng(seed))) <= set(chain.measured())


def test_measured_widths_reach_from_the_narrowest_to_the_whole() -> None:
    widths = measured_widths(208, 4)
    assert (widths[0], widths[-1]) == (8, 208) and all(width % 8 == 0 for width in widths)


@pytest.mark.parametrize(("kept", "built"), [(1, 8), (8, 8), (9, 16), (21, 24), (22, 24)])
def test_widths_are_rounded_up_to_hardwares_steps(kept: int, built: int) -> None:
    assert evened(kept, 100) == built


def test_no_more_filters_are_built_than_there_are() -> None:
    assert evened(19, 20) == 20


@pytest.mark.parametrize("operations", [True, False])
@pytest.mark.parametrize("filters", [True, False])
def test_the_narrowest_is_the_smallest(operations: bool, filters: bool) -> None:
    chain = chain_of()
    narrowest = chain.narrowest(operations=operations, filters=filters)
    n_parameters = sum(block.n_parameters for block in narrowest)
    whole = sum(block.n_parameters for block in chain.whole())
    assert n_parameters < whole if operations or filters else n_parameters == whole


@pytest.mark.parametrize("filters", [True, False])
def test_the_dearest_keep_an_operation_everywhere(filters: bool) -> None:
    chain = chain_of()
    dearest, least = (
        chain.dearest(filters=filters),
        chain.narrowest(operations=True, filters=filters),
    )
    assert len(dearest) == 2 + len(chain.nodes)
    assert sum(b.n_parameters for b in dearest) > sum(b.n_parameters for b in least)


def test_weights_of_the_stem_and_the_classifier_are_not_pruned() -> None:
    chain = chain_of()
    network = wired(chain.places([{"k3": 8}, {}, {"k3": 8}, {}], 32))
    inverted = 8 * 8 + 8 * 9 + 8 * 16, 16 * 8 + 8 * 9 + 8 * 24
    assert chain.n_prunable_weights(network) == sum(inverted) + 24 * 32


@pytest.mark.parametrize("name", ["resnet", "nasbench201"])
def test_a_space_of_neither_inverted_residuals_nor_darts_cells_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="prunes chains"):
        chain_of(name, 32)


def test_squeeze_excitation_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="squeeze-excitation"):
        chain_of("ofa-mobilenetv3", 224)


def test_a_preset_can_be_pruned_too() -> None:
    chain = chain_of("mobilenetv2@0.35", 32)
    assert all(len(node.operations) == 1 for node in chain.nodes)


@pytest.mark.parametrize("n_stages", [1, 2, 3, 4])
def test_every_stage_has_a_node_and_the_last_ends_the_chain(
    n_stages: int,
) -> None:
    chain = chain_of()
    ends = chain.stage_ends(n_stages)
    assert len(ends) == n_stages and ends[-1] == len(chain.nodes)
    assert list(ends) == sorted(set(ends))


def test_there_are_no_more_stages_than_nodes() -> None:
    assert chain_of().stage_ends(9) == (1, 2, 3, 4)


def test_the_first_stage_holds_more_than_the_last() -> None:
    chain = chain_of("mobilenet", 28)
    first, second, _ = chain.stage_ends(3)
    assert 0 < first < second < len(chain.nodes)
