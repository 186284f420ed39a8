"""The published cell space: its genotypes, its counts, and how its cells are wired."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from hwnas.block import (
    AddSpec,
    ConcatSpec,
    FactorizedReduceSpec,
    PoolSpec,
    PreactConvSpec,
    ZeroSpec,
)
from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.network import build
from hwnas.space import (
    Architecture,
    Network,
    PlacedBlock,
    all_blocks,
    blocks_of,
    random_architecture,
)
from hwnas.space.darts import EDGES, OPTIONS, DartsSpace
from hwnas.space.genotype import Genotype, architecture_from_genotype, genotype_of

SPACE = DartsSpace()
DARTS_V2 = Genotype(
    normal=[
        *[("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
        *[("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
        *[("sep_conv_3x3", 1), ("skip_connect", 0)],
        *[("skip_connect", 0), ("dil_conv_3x3", 2)],
    ],
    normal_concat=range(2, 6),
    reduce=[
        *[("max_pool_3x3", 0), ("max_pool_3x3", 1)],
        *[("skip_connect", 2), ("max_pool_3x3", 1)],
        *[("max_pool_3x3", 0), ("skip_connect", 2)],
        *[("skip_connect", 2), ("max_pool_3x3", 1)],
    ],
    reduce_concat=range(2, 6),
)
DDPNAS = Genotype(  # of its ImageNet network
    normal=[
        *[("sep_conv_5x5", 1), ("max_pool_3x3", 0)],
        *[("dil_conv_3x3", 0), ("sep_conv_3x3", 1)],
        *[("sep_conv_3x3", 0), ("max_pool_3x3", 3)],
        *[("dil_conv_3x3", 2), ("avg_pool_3x3", 0)],
    ],
    reduce=[
        *[("sep_conv_5x5", 1), ("avg_pool_3x3", 0)],
        *[("avg_pool_3x3", 1), ("skip_connect", 0)],
        *[("skip_connect", 2), ("sep_conv_3x3", 1)],
        *[("dil_conv_5x5", 0), ("dil_conv_5x5", 4)],
    ],
)


def by_source(inputs: object) -> list[tuple[str, int]]:
    """Each node's two inputs in rising order of the node read."""
    assert isinstance(inputs, list | tuple)
    pairs = (sorted(inputs[place : place + 2], key=lambda i: i[1]) for place in range(0, 8, 2))
    return [one for pair in pairs for one in pair]


def network(normal: dict[str, str], reduce: dict[str, str], space: DartsSpace = SPACE) -> Network:
    """``none`` but on the edges named."""
    choices = [
        cell.get(f"{node}<-{source}", "none")
        for cell in (normal, reduce)
        for node, source in EDGES
    ]
    return blocks_of(space, Architecture(tuple(choices)))


@pytest.mark.parametrize("genotype", [DARTS_V2, DDPNAS], ids=["DARTS", "DDPNAS"])
def test_a_published_genotype_reads_and_writes_back(genotype: Genotype) -> None:
    written = genotype_of(architecture_from_genotype(genotype))
    assert list(written.normal) == by_source(genotype.normal)
    assert list(written.reduce) == by_source(genotype.reduce)
    assert genotype_of(architecture_from_genotype(written)) == written


def test_the_published_network_has_the_published_parameters() -> None:
    space = DartsSpace(n_layers=20, channels=36)
    blocks = blocks_of(space, architecture_from_genotype(DARTS_V2))
    assert sum(block.n_parameters for block in blocks) == 3_349_342


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normal": [("skip_connect", 0)] * 7}, "normal cell has 7 inputs"),
        ({"reduce": [("skip_connect", 0)] * 8}, "Node 2 of the reduce cell cannot read"),
        ({"normal": [("skip_connect", 2), *DARTS_V2.normal[1:]]}, "Node 2 of the normal cell"),
        ({"normal": [("none", 0), *DARTS_V2.normal[1:]]}, r"cannot read \('none', 0\)"),
        ({"reduce_concat": range(3, 6)}, r"reduce cell gives nodes \[3, 4, 5\]"),
    ],
)
def test_a_genotype_of_no_cell_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        architecture_from_genotype(replace(DARTS_V2, **change))  # type: ignore[arg-type]


def test_an_unknown_operation_names_the_nearest() -> None:
    wrong = replace(DARTS_V2, normal=[("sep_conv_3", 0), *DARTS_V2.normal[1:]])
    with pytest.raises(UnknownNameError, match="did you mean 'sep_conv_3x3'"):
        architecture_from_genotype(wrong)


def test_a_network_that_no_genotype_tells_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Node 2 of the normal cell has 0 inputs"):
        genotype_of(Architecture(("none",) * 28))


def test_cells_at_a_third_and_two_thirds_reduce() -> None:
    blocks = blocks_of(SPACE, architecture_from_genotype(DARTS_V2))
    outputs = [block for block in blocks if isinstance(block, ConcatSpec)]
    shapes = [(block.out_channels, block.output_size) for block in outputs]
    assert shapes == [(64, 32)] * 2 + [(128, 16)] * 3 + [(256, 8)] * 3


def test_a_cell_after_a_reduction_halves_what_it_reads_from_before_it() -> None:
    blocks = blocks_of(SPACE, architecture_from_genotype(DARTS_V2))
    placed = dict(zip(blocks.positions, blocks, strict=True))
    assert isinstance(placed["cell3.node0"], PreactConvSpec)  # the first that reduces
    assert isinstance(placed["cell4.node0"], FactorizedReduceSpec)
    assert placed["cell4.node0"].in_channels == 64
    assert isinstance(placed["cell4.node1"], PreactConvSpec)


def test_only_edges_that_leave_a_reduction_cells_inputs_stride() -> None:
    edges = {"2<-0": "max_pool_3x3", "3<-2": "max_pool_3x3", "4<-1": "skip_connect"}
    blocks = network({}, {**edges, "5<-2": "skip_connect"})
    pools = [(b.input_size, b.stride) for b in blocks if isinstance(b, PoolSpec)]
    assert sorted(pools) == [(8, 1), (16, 1), (16, 2), (32, 2)]


def test_a_node_that_reads_nothing_is_zero_of_its_size() -> None:
    blocks = network({}, {})
    zeros = {(b.input_size, b.output_size) for b in blocks if isinstance(b, ZeroSpec)}
    assert zeros == {(32, 32), (16, 16), (16, 8), (8, 8)}  # the rest leads nowhere
    logits = build(blocks).eval()(torch.randn(3, 3, 32, 32))
    torch.testing.assert_close(logits, logits[:1].expand(3, -1))


def test_a_cell_computes_the_sums_over_its_edges() -> None:
    skips = {f"{node}<-{source}": "skip_connect" for node, source in EDGES}
    blocks = network(skips, {})
    placed = list(blocks.positions)
    sums = [placed.index(f"cell1.node{node}") for node in range(2, 6)]
    assert [len(blocks.inputs[place]) for place in sums] == [2, 3, 4, 5]
    assert blocks.inputs[placed.index("cell1.output")] == tuple(sums)
    assert all(isinstance(blocks[place], AddSpec) for place in sums)


@pytest.mark.parametrize("size", [28, 9, 8, 5])
@pytest.mark.parametrize("n_layers", [1, 2, 3, 8])
def test_it_serves_any_size_and_depth(size: int, n_layers: int) -> None:
    space = DartsSpace(input_size=size, n_layers=n_layers, channels=4)
    for seed in range(3):
        architecture = random_architecture(space, np.random.default_rng(seed))
        blocks = blocks_of(space, architecture)
        images = torch.randn(2, 3, size, size)
        assert build(blocks).eval()(images).shape == (2, 10)
        assert set(blocks) <= set(all_blocks(space))


def test_the_walk_prices_what_the_network_holds_and_its_dead_ends() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        architecture = random_architecture(SPACE, rng)
        state, places = SPACE.start()
        placed = list(places)
        for index, option in enumerate(architecture.choices):
            state, places = SPACE.step(index, state, option)
            placed += places
        placed += SPACE.finish(state)
        walked = Counter(place.block for place in placed if isinstance(place, PlacedBlock))
        assert Counter(blocks_of(SPACE, architecture)) <= walked


def test_the_options_are_the_published_ones_in_order() -> None:
    assert OPTIONS[:4] == ("none", "max_pool_3x3", "avg_pool_3x3", "skip_connect")
    assert [d.name for d in SPACE.decisions][:3] == [
        "normal.edge2<-0",
        "normal.edge2<-1",
        "normal.edge3<-0",
    ]
    assert SPACE.decisions[14].name == "reduce.edge2<-0" and len(SPACE.decisions) == 28
