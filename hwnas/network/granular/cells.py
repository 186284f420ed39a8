"""A network of cells relaxed: every operation of every edge at once, and what is left of it."""

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import BlockSpec, LinearHeadSpec
from hwnas.network.build import WiredBlocks, build
from hwnas.network.granular.candidate import Candidate
from hwnas.network.granular.cell import INPUT, RelaxedCell, places
from hwnas.network.granular.cut import take
from hwnas.network.granular.fill_cells import fill
from hwnas.network.granular.gates import Granularity
from hwnas.network.granular.node import RelaxedNode
from hwnas.network.granular.of_cells import IN, whole_operation, whole_preprocessing
from hwnas.network.granular.relaxed import HEAD, Relaxed, Shape, seeded
from hwnas.network.modules import LinearHeadBlock, module_of
from hwnas.space.darts import N_INPUTS, NODES
from hwnas.space.prunable import CellLeft, PrunableCells
from hwnas.space.prunable.cell import N_NODES, parsed
from hwnas.space.wiring import Network, wired


class RelaxedCells(Relaxed):
    """Stem, relaxed cells of six nodes, and head of ``PrunableCells``; stages end at cells."""

    def __init__(
        self, origin: PrunableCells, searched: Collection[Granularity], shape: Shape | None = None
    ) -> None:
        """As ``shape`` was told by an earlier one; whole without it."""
        super().__init__(origin, searched)
        self.of_cells = origin
        shape = _whole(origin) if shape is None else shape
        self.stem = module_of(origin.stem)
        self.cells = nn.ModuleList(RelaxedCell(cell, searched, shape) for cell in origin.cells)
        read = shape[HEAD][HEAD][IN]
        self.head = module_of(replace(origin.head, in_channels=read))

    def forward(
        self,
        images: Float[Tensor, "batch channels height width"],
        n_nodes: int | None = None,
        auxiliary: nn.Module | None = None,
    ) -> Float[Tensor, "batch classes"]:
        """The logits of the head, or of an auxiliary one after ``n_nodes`` nodes."""
        before = before_last = self.stem(images)
        for cell in self.first(n_nodes):
            before_last, before = before, cell(before_last, before)
        logits: Tensor = (self.head if auxiliary is None else auxiliary)(before)
        return logits

    def auxiliary(self, n_nodes: int, seed: int) -> nn.Module:
        """A classifier for the features that the cell of the last of these nodes gives."""
        last = self.first(n_nodes)[-1]
        head = LinearHeadSpec(
            input_size=last.cell.cell.output_size,
            in_channels=int(last.channels[N_INPUTS:].sum()),
            n_classes=self.of_cells.head.n_classes,
        )
        with seeded(seed):
            return module_of(head)

    def placed(self, n_nodes: int | None = None) -> Iterator[tuple[str, RelaxedNode[Candidate]]]:
        """The nodes by position."""
        for cell in self.first(n_nodes):
            yield from cell.placed  # type: ignore[misc]

    def fresh(self, position: str, name: str, seed: int) -> Candidate:
        """An operation of a node with all of its filters, but for channels that nodes lack."""
        cell, node = self._at(position)
        with seeded(seed):
            return cell.fresh(node, name)

    def grows(self, position: str, name: str) -> bool:
        """Not a reduction whose node has no channel left in one of its halves."""
        cell, node = self._at(position)
        return cell.grows(node, name)

    def operation_type(self, name: str) -> str:
        """The operation, whichever node it reads."""
        return parsed(name)[0] if name != INPUT else INPUT

    def network(self) -> Network:
        """The blocks that would be built now."""
        return wired(self.of_cells.places(self._left(None)))

    def blocks(self, n_nodes: int) -> Iterator[BlockSpec]:
        """Those of the first nodes."""
        return self.of_cells.part(self._left(n_nodes))

    def n_zeros(self, n_nodes: int | None = None) -> int:
        """Weights pruned one by one, in what would be built now of the first nodes."""
        if "weight" not in self.searched:
            return 0
        cells = self.first(n_nodes)
        channels = [cell.open_channels() for cell in cells]
        left = [cell.left(of_cell) for cell, of_cell in zip(cells, channels, strict=True)]
        built = set(wired(self.of_cells.places(left)).positions)
        pairs = zip(cells, channels, strict=True)
        return sum(cell.n_zeros(of_cell, built) for cell, of_cell in pairs)

    @torch.no_grad()
    def rebuild(self, n_nodes: int | None = None) -> None:
        """Build operations with the channels that are left, and drop those that are dead.

        What reads a node is built with its channels. Cells behind the first ``n_nodes`` are whole
        and stay so, but for what they read.
        """
        stem = torch.arange(self.of_cells.stem.out_channels, device=self.device)
        reads = {"stem": stem}
        for cell in self.first():
            left = cell.open_channels()
            reads[cell.cell.output] = places(left[N_INPUTS:], cell.channels[N_INPUTS:])
            cell.rebuild(left, [reads[source.position] for source in cell.cell.sources])
        read = reads[self.of_cells.cells[-1].output]
        narrower = replace(self.of_cells.head, in_channels=len(read))
        head = module_of(narrower).to(self.device)
        take(_classifier(head), _classifier(self.head), (None, IN), {IN: read})
        self.head = head

    @torch.no_grad()
    def pruned(self) -> WiredBlocks:
        """What is left, built with the weights; gates and weights are folded into these."""
        thin = deepcopy(self).cpu()
        thin.rebuild()
        network = thin.network()
        module = build(network)
        at = dict(zip(network.positions, module, strict=True))
        at["stem"].load_state_dict(thin.stem.state_dict())
        at["head"].load_state_dict(thin.head.state_dict())
        for position, node in thin.placed():
            for name, weight in node.weights().items():
                place = position if name == INPUT else f"{position}.{name}"
                if place in at:  # what nothing reads is not built
                    fill(at[place], node.living[name], float(weight))
        return module

    @property
    def n_all(self) -> int:
        """All nodes, without the head."""
        return N_NODES * len(self.cells)

    @property
    def shape(self) -> dict[str, dict[str, dict[str, int]]]:
        """What relaxed cells of the same weights are made by; the head reads what is left."""
        read = _classifier(self.head).in_features
        return super().shape | {HEAD: {HEAD: {IN: read}}}

    @property
    def whole(self) -> Shape:
        """As the space has it."""
        return _whole(self.of_cells)

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def first(self, n_nodes: int | None = None) -> list[RelaxedCell]:
        """The cells of the first nodes."""
        n_cells = None if n_nodes is None else n_nodes // N_NODES
        return cast(list[RelaxedCell], list(self.cells))[:n_cells]

    def _at(self, position: str) -> tuple[RelaxedCell, int]:
        return next(
            (cell, node)
            for cell in self.first()
            for node in NODES
            if cell.cell.position(node) == position
        )

    def _left(self, n_nodes: int | None) -> list[CellLeft]:
        return [cell.left(cell.open_channels()) for cell in self.first(n_nodes)]


def _classifier(head: nn.Module) -> nn.Linear:
    return cast(LinearHeadBlock, head).classify


def _whole(origin: PrunableCells) -> Shape:
    shape = {HEAD: {HEAD: {IN: origin.head.in_channels}}}
    for cell in origin.cells:
        for node in range(N_INPUTS):
            shape[cell.position(node)] = {INPUT: whole_preprocessing(cell, node)}
        for node in NODES:
            names = cell.names(node)
            shape[cell.position(node)] = {name: whole_operation(cell, name) for name in names}
    return shape
