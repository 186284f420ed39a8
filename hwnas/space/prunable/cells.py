"""Networks of DARTS cells, each with a topology and with widths of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from hwnas.block import (
    BlockSpec,
    DilConvSpec,
    LinearHeadSpec,
    StemSpec,
    ThinSepConvSpec,
    operators_of,
)
from hwnas.space.darts import N_INPUTS, NODES, NONE, DartsSpace
from hwnas.space.prunable.cell import (
    N_NODES,
    CellLeft,
    PrunableCell,
    Source,
    halves_of,
    parsed,
    source_widths,
)
from hwnas.space.prunable.widths import WIDTH_STEP
from hwnas.space.wiring import Network, PlacedBlock, Places, Wire, wired

MOST_DRAWN = 4
"""Operations of a node of the networks that are timed."""


@dataclass(frozen=True, kw_only=True)
class PrunableCells:
    """Stem, cells whose edges keep any number of operations, and head; six nodes a cell."""

    name: str
    stem: StemSpec
    cells: tuple[PrunableCell, ...]
    head: LinearHeadSpec

    def places(self, left: Sequence[CellLeft]) -> Places:
        """The network that is left; of fewer cells, up to the output of the last of them."""
        places: list[PlacedBlock | Wire] = [PlacedBlock("stem", self.stem)]
        width_of = {"stem": self.stem.out_channels}
        for cell, one in zip(self.cells, left, strict=False):
            first, second = (width_of[source.position] for source in cell.sources)
            places += cell.places(one, (first, second))
            width_of[cell.output] = sum(one.widths[N_INPUTS:])
        if len(left) < len(self.cells):
            return tuple(places)
        last = self.cells[-1].output
        head = replace(self.head, in_channels=width_of[last])
        return (*places, PlacedBlock("head", head, (last,)))

    def whole(self) -> Network:
        """All operations of every node, with all of their filters."""
        return wired(self.places([cell.whole() for cell in self.cells]))

    def part(self, left: Sequence[CellLeft]) -> Iterator[BlockSpec]:
        """The blocks that are left of the first cells, and that the last of them needs."""
        return (block for block in wired(self.places(left)) if not _is_end(block))

    def whole_part(self, n_nodes: int) -> Iterator[BlockSpec]:
        """The blocks of the first nodes, whole."""
        return self.part([cell.whole() for cell in self.cells[: n_nodes // N_NODES]])

    def measured(self) -> tuple[BlockSpec, ...]:
        """The blocks whose latencies enclose those of all that may be left."""
        last = Source("", 0, (self.cells[-1].cell.channels,) * len(NODES))
        heads = [replace(self.head, in_channels=width) for width in source_widths(last)]
        of_cells = (block for cell in self.cells for block in cell.measured())
        return tuple(dict.fromkeys([self.stem, *of_cells, *heads]))

    def drawn(self, rng: np.random.Generator) -> Network:
        """A network of measured blocks; all nodes of a cell are of one width."""
        return wired(self.places([_drawn(cell, rng) for cell in self.cells]))

    def narrowest(self, *, operations: bool, filters: bool) -> Network:
        """The smallest network that pruning operations and filters, or one of them, can leave.

        Of operations, the one of fewest parameters of each node. All cells read the one before
        or all the one before that, which then is left out.
        """
        if not operations:
            return self._thin(PrunableCell.names, filters=filters)
        networks = [
            self._thin(partial(_cheapest, input_node=node), filters=filters)
            for node in range(N_INPUTS)
        ]
        return min(networks, key=lambda network: sum(block.n_parameters for block in network))

    def dearest(self, *, filters: bool) -> Network:
        """Of each node the dearest operation alone, as narrow as pruning filters can make it.

        Both inputs of each cell are read.
        """
        return self._thin(_dearest, filters=filters)

    def stage_ends(self, n_stages: int) -> tuple[int, ...]:
        """Nodes up to the end of each stage: three end where cells reduce, as published."""
        n_cells = len(self.cells)
        ends = {number * n_cells // n_stages for number in range(1, n_stages + 1)}
        return tuple(N_NODES * end for end in sorted(ends - {0}))

    def n_prunable_weights(self, network: Network) -> int:
        """Weights that may be pruned one by one: those of separable and dilated convolutions."""
        return sum(
            operator.n_weights
            for block in network
            if isinstance(block, ThinSepConvSpec | DilConvSpec)
            for operator in operators_of(block)
        )

    def _thin(
        self, kept: Callable[[PrunableCell, int], Sequence[str]], *, filters: bool
    ) -> Network:
        """Some operations of each node, as narrow as they get."""
        left = []
        for cell in self.cells:
            channels = cell.cell.channels
            width = min(WIDTH_STEP, channels) if filters else channels
            operations = {node: dict.fromkeys(kept(cell, node), width) for node in NODES}
            left.append(CellLeft(halves=(halves_of(width),) * N_NODES, operations=operations))
        return wired(self.places(left))


def prunable_cells(space: DartsSpace) -> PrunableCells:
    """Every operation but ``none`` on every edge."""
    stem = space.stem
    before = before_last = Source("stem", stem.output_size, (stem.out_channels,))
    options = tuple(option for option in space.operations if option != NONE)
    cells = []
    for cell in space.cells():
        made = PrunableCell(cell=cell, options=options, sources=(before_last, before))
        cells.append(made)
        widths = (cell.channels,) * len(NODES)
        before_last, before = before, Source(made.output, cell.output_size, widths)
    return PrunableCells(name=space.name, stem=stem, cells=tuple(cells), head=space.head)


def _drawn(cell: PrunableCell, rng: np.random.Generator) -> CellLeft:
    def width() -> int:
        return cell.grid[int(rng.integers(len(cell.grid)))]

    operations = {}
    for node in NODES:
        names = cell.names(node)
        n = min(len(names), MOST_DRAWN, (1, *cell.n_summed)[int(rng.integers(3))])
        drawn = rng.choice(len(names), n, replace=False)
        operations[node] = {names[place]: width() for place in drawn}
    return CellLeft(halves=(halves_of(width()),) * N_NODES, operations=operations)


def _cheapest(cell: PrunableCell, node: int, input_node: int) -> list[str]:
    """Of what reads one of the inputs alone."""
    reachable = {input_node, *range(N_INPUTS, node)}
    names = (name for name in cell.names(node) if parsed(name)[1] in reachable)
    return [min(names, key=partial(_cost, cell))]


def _dearest(cell: PrunableCell, node: int) -> list[str]:
    """The first two sums read an input each."""
    reachable = {node - NODES[0]} if node - NODES[0] < N_INPUTS else set(range(node))
    names = (name for name in cell.names(node) if parsed(name)[1] in reachable)
    return [max(names, key=partial(_cost, cell))]


def _cost(cell: PrunableCell, name: str) -> tuple[int, int, int]:
    """Of equal channels everywhere: parameters, products, blocks."""
    blocks = cell.operation(name, WIDTH_STEP, WIDTH_STEP, halves_of(WIDTH_STEP))
    n_parameters = sum(block.n_parameters for block in blocks)
    return n_parameters, sum(block.n_macs for block in blocks), len(blocks)


def _is_end(block: BlockSpec) -> bool:
    return block.reads_image or block.gives_logits
