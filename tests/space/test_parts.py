"""What a network is made of where nothing is shared and nothing left out."""

from collections import Counter

import numpy as np
import pytest

from hwnas.block import BlockSpec, ConvSpec, PoolSpec, ZeroSpec
from hwnas.space import Architecture, Part, blocks_of, parts_of, random_architecture, space_named
from hwnas.space.nasbench201 import Nasbench201Space

CELLS = Nasbench201Space()
IMAGES = {"input_size": 32, "in_channels": 3, "n_classes": 10}


def of_kind(parts: Counter[Part], kind: type[BlockSpec], *, is_read: bool) -> int:
    return sum(
        n for part, n in parts.items() if type(part.block) is kind and part.is_read == is_read
    )


@pytest.mark.parametrize("name", ["mobilenet", "nasbench-macro", "resnet"])
def test_a_chain_runs_its_blocks_and_all_are_read(name: str) -> None:
    space = space_named(name, **IMAGES)
    architecture = random_architecture(space, np.random.default_rng(0))
    blocks = Counter(blocks_of(space, architecture))
    assert parts_of(space, architecture) == {Part(block): n for block, n in blocks.items()}


def test_an_edge_into_a_node_that_nothing_reads_is_run_and_not_read() -> None:
    cell = ("nor_conv_3x3", "none", "none", "avg_pool_3x3", "none", "none")
    parts = parts_of(CELLS, Architecture(cell))
    assert of_kind(parts, ConvSpec, is_read=False) == 15
    assert of_kind(parts, ConvSpec, is_read=True) == 0
    assert of_kind(parts, PoolSpec, is_read=True) == 15
    assert of_kind(parts, ZeroSpec, is_read=False) == 4 * 15


def test_an_edge_out_of_a_node_that_nothing_reaches_is_not_read() -> None:
    cell = ("none", "skip_connect", "none", "none", "nor_conv_1x1", "nor_conv_3x3")
    parts = parts_of(CELLS, Architecture(cell))
    read = {part.block.kernel_size: part.is_read for part in parts if type(part.block) is ConvSpec}
    assert read == {1: False, 3: True}


def test_each_edge_has_a_pooling_of_its_own_that_a_network_shares() -> None:
    architecture = Architecture(("avg_pool_3x3",) * 6)
    assert of_kind(parts_of(CELLS, architecture), PoolSpec, is_read=True) == 6 * 15
    assert sum(isinstance(b, PoolSpec) for b in blocks_of(CELLS, architecture)) == 3 * 15


def test_where_nothing_is_shared_and_all_is_read_both_tell_the_same_convolutions() -> None:
    cell = Architecture(("nor_conv_3x3", "none", "nor_conv_1x1", "none", "none", "nor_conv_3x3"))
    parts = parts_of(CELLS, cell)
    blocks = Counter(block for block in blocks_of(CELLS, cell) if type(block) is ConvSpec)
    assert {p.block: n for p, n in parts.items() if type(p.block) is ConvSpec} == blocks
