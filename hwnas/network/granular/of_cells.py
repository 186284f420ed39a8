"""The operations of a cell, and what it makes of its inputs."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Self, cast

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from hwnas.block import BlockSpec
from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.candidate import Candidate, Sizes
from hwnas.network.granular.gates import Granularity, MaskedConv
from hwnas.network.modules import module_of
from hwnas.space.darts import SKIP
from hwnas.space.prunable.cell import Halves, PrunableCell, halves_of, parsed

IN, HIDDEN, OUT, EVEN, ODD = "in", "hidden", "out", "even", "odd"
Blocks = Callable[[Sizes], tuple[BlockSpec, ...]]
Searched = Collection[Granularity]


class CellCandidate(Candidate):
    """Reads a node's channels and gives some of its own; ``blocks`` says what it is of any sizes.

    The channels that it gives, lower half first, are those of the axes ``GIVES``.
    """

    GIVES: ClassVar[tuple[str, ...]] = ()
    GATED: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(sizes, full_sizes, searched, self.GATED)
        self._blocks = blocks
        self.activation = nn.ReLU()

    def at(self, sizes: Sizes) -> tuple[BlockSpec, ...]:
        """The blocks that it would be with these sizes."""
        return self._blocks(sizes)

    def sized(self, sizes: Sizes) -> Self:
        """One of the same kind with other sizes, not trained."""
        return type(self)(self._blocks, sizes, self.full_sizes, self.searched)

    def opened(self) -> Bool[Tensor, " channels"]:
        """Which of the node's channels it gives something in, of those that it is built with."""
        return torch.cat([self.alive_filters(axis) for axis in self.GIVES])


class PassCandidate(CellCandidate):
    """A skip or a pooling: it gives the channels that it reads, so it opens none."""

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(blocks, sizes, full_sizes, searched)
        *pooling, _ = self.at(sizes)
        self.pooling = nn.Sequential(*map(module_of, pooling))

    def forward(self, features: FeatureMap) -> FeatureMap:
        """As it says."""
        return cast(Tensor, self.pooling(features))


class SepConvCandidate(CellCandidate):
    """ReLU, depthwise, 1x1, BatchNorm twice; gates behind both."""

    GIVES = (OUT,)
    GATED = (HIDDEN, OUT)
    AXES: ClassVar = {
        "depthwise": (IN, None, None, None),
        "pointwise": (HIDDEN, IN, None, None),
        "norm": (HIDDEN,),
        "second_depthwise": (HIDDEN, None, None, None),
        "second_pointwise": (OUT, HIDDEN, None, None),
        "second_norm": (OUT,),
    }

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(blocks, sizes, full_sizes, searched)
        read, hidden, out = sizes[IN], sizes[HIDDEN], sizes[OUT]
        block: Any = self.at(sizes)[0]
        self.depthwise = MaskedConv(read, read, block.kernel_size, block.stride, groups=read)
        self.pointwise = MaskedConv(read, hidden)
        self.norm = nn.BatchNorm2d(hidden)
        self.second_depthwise = MaskedConv(hidden, hidden, block.kernel_size, groups=hidden)
        self.second_pointwise = MaskedConv(hidden, out)
        self.second_norm = nn.BatchNorm2d(out)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the block says."""
        threshold = self.threshold("weight")
        filtered = self.depthwise.masked(self.activation(features), threshold)
        hidden = self.gate(self.norm(self.pointwise.masked(filtered, threshold)), HIDDEN)
        filtered = self.second_depthwise.masked(self.activation(hidden), threshold)
        return self.gate(self.second_norm(self.second_pointwise.masked(filtered, threshold)), OUT)


class DilConvCandidate(CellCandidate):
    """ReLU, dilated depthwise, 1x1, BatchNorm, gates."""

    GIVES = GATED = (OUT,)
    AXES: ClassVar = {
        "depthwise": (IN, None, None, None),
        "pointwise": (OUT, IN, None, None),
        "norm": (OUT,),
    }

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(blocks, sizes, full_sizes, searched)
        read, out = sizes[IN], sizes[OUT]
        block: Any = self.at(sizes)[0]
        self.depthwise = MaskedConv(
            read, read, block.kernel_size, block.stride, groups=read, dilation=block.dilation
        )
        self.pointwise = MaskedConv(read, out)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the block says."""
        threshold = self.threshold("weight")
        filtered = self.depthwise.masked(self.activation(features), threshold)
        return self.gate(self.norm(self.pointwise.masked(filtered, threshold)), OUT)


class PreactCandidate(CellCandidate):
    """ReLU, 1x1, BatchNorm, gates: what a cell makes of an input."""

    GIVES = GATED = (OUT,)
    AXES: ClassVar = {"conv": (OUT, IN, None, None), "norm": (OUT,)}

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(blocks, sizes, full_sizes, searched)
        self.conv = nn.Conv2d(sizes[IN], sizes[OUT], 1, bias=False)
        self.norm = nn.BatchNorm2d(sizes[OUT])

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the block says."""
        return self.gate(self.norm(self.conv(self.activation(features))), OUT)


class ReduceCandidate(CellCandidate):
    """ReLU and two strided halves, each with gates behind its BatchNorm.

    Each half keeps a filter, so that what is built has both.
    """

    GIVES = GATED = (EVEN, ODD)
    AXES: ClassVar = {
        "even": (EVEN, IN, None, None),
        "even_norm": (EVEN,),
        "odd": (ODD, IN, None, None),
        "odd_norm": (ODD,),
    }

    def __init__(
        self, blocks: Blocks, sizes: Sizes, full_sizes: Sizes, searched: Searched
    ) -> None:
        super().__init__(blocks, sizes, full_sizes, searched)
        block: Any = self.at(sizes)[0]
        self.even = nn.Conv2d(sizes[IN], sizes[EVEN], 1, block.stride, bias=False)
        self.even_norm = nn.BatchNorm2d(sizes[EVEN])
        self.odd = nn.Conv2d(sizes[IN], sizes[ODD], 1, block.stride, bias=False)
        self.odd_norm = nn.BatchNorm2d(sizes[ODD])
        self.padding = nn.ZeroPad2d((0, int(block.is_ragged), 0, int(block.is_ragged)))

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the block says; beyond the last pixel of an odd size lie zeros."""
        active = self.activation(features)
        shifted = self.padding(active)[:, :, 1:, 1:]
        even = self.gate(self.even_norm(self.even(active)), EVEN)
        return torch.cat((even, self.gate(self.odd_norm(self.odd(shifted)), ODD)), dim=1)


KINDS: Mapping[str, type[CellCandidate]] = {
    "sep": SepConvCandidate,
    "dil": DilConvCandidate,
    "max": PassCandidate,
    "avg": PassCandidate,
}
"""By how an option's name begins; a skip is one of two."""
LACKS: Mapping[type[CellCandidate], frozenset[Granularity]] = {
    ReduceCandidate: frozenset({"weight"}),
    PassCandidate: frozenset({"weight", "filter"}),
}
"""Granularities of which an operation has no units."""


def operation_of(cell: PrunableCell, name: str, sizes: Sizes, searched: Searched) -> CellCandidate:
    """An operation of a node."""

    def blocks(of: Sizes) -> tuple[BlockSpec, ...]:
        return cell.operation(name, of[IN], of.get(HIDDEN, 0), _halves(of))

    kind = _kind(cell, name)
    whole = whole_operation(cell, name)
    made = kind(blocks, sizes, whole, frozenset(searched) - LACKS.get(kind, frozenset()))
    made.source = parsed(name)[1]
    return made


def preprocessing_of(
    cell: PrunableCell, node: int, sizes: Sizes, searched: Searched
) -> CellCandidate:
    """What a cell makes of an input; only filters are pruned of it."""

    def blocks(of: Sizes) -> tuple[BlockSpec, ...]:
        return (cell.preprocessing(node, of[IN], _halves(of)),)

    kind = ReduceCandidate if cell.is_reduced(node) else PreactCandidate
    whole = whole_preprocessing(cell, node)
    return kind(blocks, sizes, whole, frozenset(searched) & {"filter"})


def whole_operation(cell: PrunableCell, name: str) -> dict[str, int]:
    """Its sizes as the space has them."""
    channels = cell.cell.channels
    return operation_sizes(cell, name, channels, halves_of(channels))


def operation_sizes(cell: PrunableCell, name: str, read: int, halves: Halves) -> dict[str, int]:
    """Its sizes where it reads so many channels and gives others, with all between them."""
    kind = _kind(cell, name)
    between = {HIDDEN: cell.cell.channels} if HIDDEN in kind.GATED else {}
    return {IN: read} | between | _given(kind, halves)


def whole_preprocessing(cell: PrunableCell, node: int) -> dict[str, int]:
    """Its sizes as the space has them."""
    kind = ReduceCandidate if cell.is_reduced(node) else PreactCandidate
    read = sum(cell.sources[node].widths)
    return {IN: read} | _given(kind, halves_of(cell.cell.channels))


def _kind(cell: PrunableCell, name: str) -> type[CellCandidate]:
    option, _ = parsed(name)
    if option == SKIP:
        return PassCandidate if cell.passes(name) else ReduceCandidate
    return KINDS[option[:3]]


def _given(kind: type[CellCandidate], halves: Halves) -> dict[str, int]:
    if EVEN in kind.GIVES:
        return dict(zip(kind.GIVES, halves, strict=True))
    return dict.fromkeys(kind.GIVES, sum(halves))


def _halves(sizes: Sizes) -> Halves:
    """Of what an operation of these sizes gives."""
    if EVEN in sizes:
        return sizes[EVEN], sizes[ODD]
    return halves_of(sizes.get(OUT, sizes[IN]))
