"""One cell relaxed, and which channels its nodes have."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

import torch
from jaxtyping import Bool, Int64
from torch import Tensor, nn

from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.candidate import Sizes
from hwnas.network.granular.gates import Granularity
from hwnas.network.granular.node import RelaxedNode
from hwnas.network.granular.of_cells import (
    HIDDEN,
    IN,
    OUT,
    CellCandidate,
    operation_of,
    operation_sizes,
    preprocessing_of,
)
from hwnas.space.darts import N_INPUTS, NODES
from hwnas.space.prunable import CellLeft, PrunableCell, evened
from hwnas.space.prunable.cell import N_NODES, Halves, parsed

Channels = Bool[Tensor, "nodes channels"]
"""Of each node, which of the channels that the space gives it are there."""
Places = Int64[Tensor, " kept"]
"""Of channels that stay, among those that there were."""
INPUT = "input"


class RelaxedCell(nn.Module):
    """Six nodes: both inputs, preprocessed, and the sums whose maps are concatenated.

    ``channels`` are those that the nodes were built with. What a node has not is nothing to those
    that read it: ReLU, poolings and convolutions give 0 of 0.
    """

    channels: Channels

    def __init__(
        self,
        cell: PrunableCell,
        searched: Collection[Granularity],
        shape: Mapping[str, Mapping[str, Sizes]],
    ) -> None:
        super().__init__()
        self.cell, self.searched = cell, frozenset(searched)
        whole = torch.ones(N_NODES, cell.cell.channels, dtype=torch.bool)
        self.register_buffer("channels", whole)
        inputs = [
            {INPUT: preprocessing_of(cell, node, sizes[INPUT], searched)}
            for node, sizes in self._first(shape, N_INPUTS)
        ]
        sums = [
            {name: operation_of(cell, name, sizes, searched) for name, sizes in shapes.items()}
            for _, shapes in self._first(shape, N_NODES)[N_INPUTS:]
        ]
        self.nodes = nn.ModuleList(RelaxedNode(candidates) for candidates in (*inputs, *sums))

    def forward(self, before_last: FeatureMap, before: FeatureMap) -> FeatureMap:
        """The channels of all sums."""
        maps = [node(read) for node, read in zip(self.nodes, (before_last, before), strict=False)]
        for node in self.nodes[N_INPUTS:]:
            maps.append(node(*maps))
        return torch.cat(maps[N_INPUTS:], dim=1)

    @property
    def placed(self) -> list[tuple[str, RelaxedNode[CellCandidate]]]:
        """The nodes by position."""
        nodes = cast(list[RelaxedNode[CellCandidate]], list(self.nodes))
        return [(self.cell.position(number), node) for number, node in enumerate(nodes)]

    def grows(self, node: int, name: str) -> bool:
        """Whether an operation of the channels that its nodes have lacks none of its axes."""
        return min(self._sizes_of(node, name).values(), default=1) > 0

    def fresh(self, node: int, name: str) -> CellCandidate:
        """An operation of the channels that its nodes have, with all filters between."""
        return operation_of(self.cell, name, self._sizes_of(node, name), self.searched)

    def _sizes_of(self, node: int, name: str) -> Sizes:
        source = parsed(name)[1]
        read = int(self.channels[source].sum())
        return operation_sizes(self.cell, name, read, halves(self.channels[node]))

    def open_channels(self) -> Channels:
        """Of each node those in which an operation gives something, in hardware's steps.

        Nodes that a skip or a pooling joins have the same. Steps are filled up by the first of
        the others that one of the nodes was built with.
        """
        opened = torch.zeros_like(self.channels)
        joined = torch.eye(N_NODES, dtype=torch.bool)
        for number, (_, node) in enumerate(self.placed):
            for name, one in node.living.items():
                if one.GIVES:
                    opened[number, self.channels[number]] |= one.opened()
                else:
                    group = joined[number] | joined[parsed(name)[1]]
                    joined[group] = group
        for alike in {tuple(row) for row in joined.tolist()}:
            members = torch.tensor(alike, device=opened.device)
            built = self.channels[members].any(0)
            opened[members] = _filled(opened[members].any(0), built)
        return opened

    def left(self, channels: Channels) -> CellLeft:
        """What would be built with these channels."""
        operations = {
            number: {
                name: one.built_sizes.get(HIDDEN, 0)
                for name, one in self.placed[number][1].living.items()
            }
            for number in NODES
        }
        return CellLeft(halves=tuple(map(halves, channels)), operations=operations)

    def n_zeros(self, left: Channels, built: Collection[str]) -> int:
        """Weights pruned one by one of the operations whose positions are ``built``."""
        kept = self._kept(left)
        return sum(
            one.n_zeros(self._cuts(number, name, left, kept))
            for number, (position, node) in enumerate(self.placed)
            for name, one in node.living.items()
            if one.convolutions and f"{position}.{name}" in built
        )

    def rebuild(self, left: Channels, reads: Sequence[Places]) -> None:
        """Of the operations that live, those channels; ``reads`` are places in both inputs."""
        kept = self._kept(left)
        for number, (_, node) in enumerate(self.placed):
            for name, one in node.built.items():
                cuts = self._cuts(number, name, left, kept)
                if name == INPUT:
                    cuts[IN] = reads[number]
                if bool(one.alive):
                    node.put(name, one.cut(cuts))
                else:
                    node.drop(name)
        self.channels.copy_(left)

    def _kept(self, left: Channels) -> list[Places]:
        """Of each node."""
        return list(map(places, left, self.channels))

    def _cuts(
        self, number: int, name: str, left: Channels, kept: Sequence[Places]
    ) -> dict[str, Tensor]:
        """Of an operation of a node, the channels that it keeps, but for those of an input."""
        one = self.placed[number][1].built[name]
        cuts = dict(one.built_cuts)
        if name != INPUT:
            cuts[IN] = kept[parsed(name)[1]]
        if one.GIVES == (OUT,):
            cuts[OUT] = kept[number]
        elif one.GIVES:
            parts = zip(_parts(left[number]), _parts(self.channels[number]), strict=True)
            cuts |= {axis: places(*part) for axis, part in zip(one.GIVES, parts, strict=True)}
        return cuts

    def _first(
        self, shape: Mapping[str, Mapping[str, Sizes]], n: int
    ) -> list[tuple[int, Mapping[str, Sizes]]]:
        return [(node, shape[self.cell.position(node)]) for node in range(n)]


def places(new: Bool[Tensor, "*channels"], old: Bool[Tensor, "*channels"]) -> Places:
    """Of each new channel the place that it has among the old ones, or -1: ``(n_new,)``."""
    new, old = new.flatten(), old.flatten()
    place = torch.where(old, old.cumsum(0) - 1, -1)
    return place[new]


def halves(channels: Bool[Tensor, " channels"]) -> Halves:
    """How many are left of the lower and of the upper half."""
    lower, upper = _parts(channels)
    return int(lower.sum()), int(upper.sum())


def _parts(channels: Bool[Tensor, " channels"]) -> tuple[Tensor, Tensor]:
    middle = len(channels) // 2
    return channels[:middle], channels[middle:]


def _filled(opened: Tensor, built: Tensor) -> Tensor:
    """In hardware's steps, by the first of those that were built."""
    n_missing = evened(int(opened.sum()), int(built.sum())) - int(opened.sum())
    fillers = torch.nonzero(built & ~opened).flatten()[:n_missing]
    filled = opened.clone()
    filled[fillers] = True
    return filled
