"""What the picture of pruned cells tells of each."""

from hwnas.report.cells_picture import drawn_cells, is_of_cells
from hwnas.space.darts import DartsSpace
from hwnas.space.fixed import FixedSpace
from hwnas.space.prunable import CellLeft, PrunableCells, prunable
from hwnas.space.wiring import wired

SPACE = DartsSpace(input_size=8, n_layers=1, channels=16)
LEFT = CellLeft(
    halves=((8, 8), (4, 4), (8, 0), (8, 8), (8, 8), (8, 8)),
    operations={
        2: {"sep_conv_3x3<-1": 8},
        3: {"sep_conv_5x5<-0": 16, "skip_connect<-0": 0},
        4: {"max_pool_3x3<-0": 0},
        5: {"dil_conv_5x5<-2": 0},
    },
)


def blocks_left() -> list[dict[str, object]]:
    made = prunable(SPACE)
    assert isinstance(made, PrunableCells)
    network = wired(made.places([LEFT]))
    blocks: list[dict[str, object]] = FixedSpace.of("darts", network).to_json()["blocks"]
    return blocks


def test_nodes_tell_their_channels_and_edges_their_operations() -> None:
    cell = drawn_cells(blocks_left())["cell1"]
    assert cell.channels == {0: 16, 1: 8, 2: 8, 3: 16, 4: 16, 5: 16}
    assert cell.edges == {
        (2, 1): ["sep3 8"],
        (3, 0): ["sep5 16", "skip"],
        (4, 0): ["max"],
        (5, 2): ["dil5"],
    }


def test_a_chain_is_not_of_cells() -> None:
    assert is_of_cells(blocks_left())
    assert not is_of_cells([{"position": "stem"}, {"position": "stage1.block1.k3"}])
