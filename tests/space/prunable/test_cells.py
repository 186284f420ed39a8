"""What of DARTS cells can be pruned, and what is left of them."""

import itertools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from hwnas.block import (
    AddSpec,
    BlockSpec,
    PoolSpec,
    ScaleSpec,
    ThinReduceSpec,
    ThinSepConvSpec,
)
from hwnas.device import fingerprint, load_device
from hwnas.latency import interpolated
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.space import Network, wired
from hwnas.space.darts import EDGES, NODES, DartsSpace
from hwnas.space.prunable import WIDTH_STEP, CellLeft, PrunableCells, prunable
from hwnas.table import LatencyTable, TableHeader

SIMULATED = str(Path(__file__).parents[2] / "devices" / "simulated.toml")

HALVES = ((8, 8), (8, 8), (8, 0), (8, 8), (8, 8), (8, 0))
OPERATIONS = {
    2: {"sep_conv_3x3<-1": 8, "dil_conv_3x3<-1": 0},
    3: {"max_pool_3x3<-0": 0, "max_pool_3x3<-2": 0},
    4: {"max_pool_3x3<-0": 0},
    5: {"skip_connect<-2": 0},
}
LEFT = CellLeft(halves=HALVES, operations=OPERATIONS)


def cells_of(**options: int) -> PrunableCells:
    sizes = {"input_size": 8, "in_channels": 1, "n_layers": 3, "channels": 16} | options
    made = prunable(DartsSpace(**sizes))  # type: ignore[arg-type]
    assert isinstance(made, PrunableCells)
    return made


def first_cell(left: CellLeft) -> Network:
    """A network that ends there; it reduces nothing."""
    return wired(cells_of(n_layers=6).places([left]))


def random_network(cells: PrunableCells, rng: np.random.Generator) -> Network:
    """Of any widths in hardware's steps, and uneven halves where cells reduce."""
    left = []
    for cell in cells.cells:
        n_steps = cell.cell.channels // WIDTH_STEP
        halves = []
        for _ in range(2 + len(NODES)):
            width = WIDTH_STEP * int(rng.integers(1, n_steps + 1))
            most = cell.cell.channels // 2
            lower = int(rng.integers(max(1, width - most), min(most, width - 1) + 1))
            halves.append((lower, width - lower))
        operations = {}
        for node in NODES:
            names = rng.choice(cell.names(node), 3, replace=False)
            widths = WIDTH_STEP * rng.integers(1, n_steps + 1, 3)
            operations[node] = {
                str(name): int(width)
                for name, width in zip(names, widths, strict=True)
                if not cell.passes(str(name))
            } or {f"sep_conv_3x3<-{node - 1}": WIDTH_STEP}
        left.append(CellLeft(halves=tuple(halves), operations=operations))
    return wired(cells.places(left))


def n_parameters_of(network: Network) -> int:
    return sum(block.n_parameters for block in network)


def simulated_table(blocks: Iterable[BlockSpec]) -> LatencyTable:
    header = TableHeader(
        device=load_device(SIMULATED),
        plan=BLOCK_ROUNDS,
        fingerprint=fingerprint("simulated 1"),
        provenance=Provenance.SIMULATED,
    )
    row = Measurement(median_ms=1, p90_ms=1, min_ms=1, mad_ms=0, n_runs=9)
    return LatencyTable(header, dict.fromkeys(blocks, row))


def placed(network: Network) -> dict[str, BlockSpec]:
    return dict(zip(network.positions, network.blocks, strict=True))


def test_every_edge_of_every_cell_has_all_operations_but_none() -> None:
    for cell in cells_of().cells:
        names = [name for node in NODES for name in cell.names(node)]
        assert len(names) == 7 * len(EDGES)
        assert not any(name.startswith("none") for name in names)


def test_stages_end_where_cells_reduce() -> None:
    cells = cells_of(n_layers=8).cells
    first, second, last = cells_of(n_layers=8).stage_ends(3)
    reducing = [number for number, cell in enumerate(cells) if cell.cell.reduces]
    assert [first // 6, second // 6] == reducing and last == 6 * len(cells)


@pytest.mark.parametrize(("n_layers", "ends"), [(1, (6,)), (2, (6, 12)), (3, (6, 12, 18))])
def test_few_cells_have_no_empty_stage(n_layers: int, ends: tuple[int, ...]) -> None:
    assert cells_of(n_layers=n_layers).stage_ends(3) == ends


def test_channels_double_at_cells_that_reduce_and_nowhere_else() -> None:
    cells = [cell.cell for cell in cells_of(n_layers=6).cells]
    for before, cell in itertools.pairwise(cells):
        assert cell.channels == before.channels * (2 if cell.reduces else 1)
        assert cell.input_size == before.output_size


def test_skips_and_poolings_are_scaled_and_a_pooling_is_placed_once() -> None:
    left = placed(first_cell(LEFT))
    assert isinstance(left["cell1.node5.skip_connect<-2"], ScaleSpec)
    assert isinstance(left["cell1.node4.max_pool_3x3<-0"], ScaleSpec)
    assert [name for name, block in left.items() if isinstance(block, PoolSpec)] == [
        "cell1.node0.max_pool_3x3",
        "cell1.node2.max_pool_3x3",
    ]


def test_a_node_of_several_operations_is_their_sum() -> None:
    left = placed(first_cell(LEFT))
    sums = {name: block for name, block in left.items() if isinstance(block, AddSpec)}
    assert {name: block.n_inputs for name, block in sums.items()} == {
        "cell1.node2": 2,
        "cell1.node3": 2,
    }
    assert sums["cell1.node2"].in_channels == 8


def test_convolutions_read_and_give_the_channels_of_their_nodes() -> None:
    block = placed(first_cell(LEFT))["cell1.node2.sep_conv_3x3<-1"]
    assert isinstance(block, ThinSepConvSpec)
    assert (block.in_channels, block.hidden_channels, block.out_channels) == (16, 8, 8)


def test_halves_of_a_reduction_may_differ() -> None:
    cell = cells_of().cells[1]
    assert cell.cell.reduces
    (block,) = cell.operation("skip_connect<-0", 16, 0, (3, 5))
    assert isinstance(block, ThinReduceSpec)
    assert (block.even_channels, block.odd_channels) == (3, 5)
    assert not cell.passes("skip_connect<-0") and cell.passes("skip_connect<-2")


def test_costs_follow_the_size_of_the_feature_maps() -> None:
    """Of equal weights, a convolution of twice the pixels each way multiplies four times."""
    small, large = (
        sum(block.n_macs for block in cells_of(input_size=size).whole()) for size in (8, 16)
    )
    of_classifiers = 4 * 64 * 10
    assert large - of_classifiers == 4 * (small - of_classifiers)


@pytest.mark.parametrize("seed", range(5))
def test_networks_to_calibrate_on_are_of_measured_blocks(seed: int) -> None:
    cells = cells_of()
    assert set(cells.drawn(np.random.default_rng(seed))) <= set(cells.measured())


@pytest.mark.parametrize("channels", [16, 36])
def test_a_few_dozen_convolutions_of_a_shape_are_timed(channels: int) -> None:
    shapes = Counter(
        (block.input_size, block.stride, block.kernel_size)
        for block in cells_of(channels=channels).measured()
        if isinstance(block, ThinSepConvSpec)
    )
    assert max(shapes.values()) <= 27


@pytest.mark.parametrize("seed", range(3))
def test_measured_blocks_enclose_all_that_may_be_left(seed: int) -> None:
    cells, rng = cells_of(n_layers=4, channels=24), np.random.default_rng(seed)
    table = interpolated(simulated_table(cells.measured()), random_network(cells, rng))
    assert not list(table.missing(random_network(cells, np.random.default_rng(seed))))


@pytest.mark.parametrize("operations", [True, False])
@pytest.mark.parametrize("filters", [True, False])
def test_the_narrowest_is_the_smallest(operations: bool, filters: bool) -> None:
    cells = cells_of()
    n_parameters = sum(
        block.n_parameters for block in cells.narrowest(operations=operations, filters=filters)
    )
    whole = sum(block.n_parameters for block in cells.whole())
    assert n_parameters < whole if operations or filters else n_parameters == whole


def test_no_drawn_network_is_smaller_than_the_narrowest() -> None:
    cells = cells_of()
    least = cells.narrowest(operations=True, filters=True)
    for seed in range(20):
        network = random_network(cells, np.random.default_rng(seed))
        assert n_parameters_of(network) >= n_parameters_of(least)


@pytest.mark.parametrize("filters", [True, False])
def test_of_each_node_the_dearest_is_alone_and_every_cell_is_there(filters: bool) -> None:
    cells = cells_of()
    dearest = cells.dearest(filters=filters)
    names = [name for name in dearest.positions if "<-" in name]
    assert len(names) == len(NODES) * len(cells.cells)
    assert all("sep_conv_5x5" in name for name in names)
    assert {f"{cell.cell.name}.output" for cell in cells.cells} <= set(dearest.positions)


def test_weights_of_separable_and_dilated_convolutions_may_be_pruned_alone() -> None:
    cells = cells_of(n_layers=6)
    separable = 16 * 9 + 16 * 8 + 8 * 9 + 8 * 8
    dilated = 16 * 9 + 16 * 8
    assert cells.n_prunable_weights(first_cell(LEFT)) == separable + dilated


def test_what_the_first_nodes_cost_is_a_part_of_the_whole() -> None:
    cells = cells_of()
    part = list(cells.whole_part(12))
    assert Counter(part) <= Counter(cells.whole().blocks)
    assert not any(block.reads_image or block.gives_logits for block in part)
