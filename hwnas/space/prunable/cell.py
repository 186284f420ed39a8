"""One cell of DARTS from which operations and channels are pruned away."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hwnas.block import (
    AddSpec,
    BlockSpec,
    DilConvSpec,
    PoolSpec,
    PreactConvSpec,
    ScaleSpec,
    ThinReduceSpec,
    ThinSepConvSpec,
    UnevenConcatSpec,
)
from hwnas.space.darts import N_INPUTS, NODES, SKIP, Cell
from hwnas.space.prunable.widths import measured_widths
from hwnas.space.wiring import PlacedBlock, Places, Wire

N_NODES = N_INPUTS + len(NODES)
"""Both inputs, which are preprocessed, and those that are summed up."""
N_MEASURED_WIDTHS = 3
"""Of each number of channels: 27 of a separable convolution that has three, 9 of others."""
N_SUMMED = (2, 4)
"""Inputs of the sums that are timed, beside the most that there may be."""
FROM = "<-"

Halves = tuple[int, int]
"""Channels of the lower and of the upper half of a node's, which a reduction makes apart."""


def halves_of(width: int) -> Halves:
    """As even as can be."""
    return width // 2, width - width // 2


@dataclass(frozen=True)
class Source:
    """What a cell reads: where it stands, its pixels, and its channels as the space has them."""

    position: str
    size: int
    widths: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CellLeft:
    """Channels of all six nodes; of those summed up, operations to their hidden channels."""

    halves: tuple[Halves, ...]
    operations: Mapping[int, Mapping[str, int]]

    @property
    def widths(self) -> tuple[int, ...]:
        """Of each node."""
        return tuple(map(sum, self.halves))


@dataclass(frozen=True, kw_only=True)
class PrunableCell:
    """Where it reads, and the ``options`` of each of its edges, any number of which may stay.

    An operation is named ``option<-source``. Skips and poolings pass the channels of the node
    that they read on, so that nodes joined by them have the same ones.
    """

    cell: Cell
    options: tuple[str, ...]
    sources: tuple[Source, Source]

    def names(self, node: int) -> tuple[str, ...]:
        """All operations of a node."""
        return tuple(f"{option}{FROM}{s}" for s in range(node) for option in self.options)

    def position(self, node: int) -> str:
        """Where a node stands."""
        return f"{self.cell.name}.node{node}"

    def passes(self, name: str) -> bool:
        """Whether the operation gives the channels that it reads."""
        option, source = parsed(name)
        return "pool" in option or (option == SKIP and self._stride(source) == 1)

    def is_reduced(self, node: int) -> bool:
        """Whether an input comes in twice the size."""
        return self.sources[node].size != self.cell.input_size

    def whole(self) -> CellLeft:
        """Everything."""
        channels = self.cell.channels
        return CellLeft(
            halves=(halves_of(channels),) * N_NODES,
            operations={node: dict.fromkeys(self.names(node), channels) for node in NODES},
        )

    def preprocessing(self, node: int, in_channels: int, halves: Halves) -> BlockSpec:
        """Of an input."""
        source = self.sources[node]
        if self.is_reduced(node):
            return _reduction(source.size, in_channels, halves)
        return PreactConvSpec(
            input_size=source.size,
            in_channels=in_channels,
            out_channels=sum(halves),
            kernel_size=1,
            stride=1,
            activation="relu",
        )

    def operation(
        self, name: str, in_channels: int, hidden_channels: int, halves: Halves
    ) -> tuple[BlockSpec, ...]:
        """The blocks of an operation in a row; a skip or a pooling is scaled."""
        option, source = parsed(name)
        stride, cell = self._stride(source), self.cell
        size = cell.input_size if source < N_INPUTS else cell.output_size
        scale = ScaleSpec(input_size=cell.output_size, in_channels=in_channels)
        if option == SKIP:
            return (scale,) if stride == 1 else (_reduction(size, in_channels, halves),)
        shape: dict[str, Any] = {"input_size": size, "in_channels": in_channels, "stride": stride}
        if "pool" in option:
            return PoolSpec(**shape, operation=option[:3]), scale
        shape |= {"out_channels": sum(halves), "kernel_size": int(option[-1])}
        if option.startswith("dil"):
            return (DilConvSpec(**shape),)
        return (ThinSepConvSpec(**shape, hidden_channels=hidden_channels),)

    def places(self, left: CellLeft, in_channels: tuple[int, int]) -> Places:
        """What is left of it; its inputs come with so many channels.

        Poolings of one node are placed once, whichever nodes read them.
        """
        placed: dict[str, PlacedBlock | Wire] = {}
        for node, source in enumerate(self.sources):
            block = self.preprocessing(node, in_channels[node], left.halves[node])
            placed[self.position(node)] = PlacedBlock(
                self.position(node), block, (source.position,)
            )
        for node in NODES:
            for place in self._summed(node, left):
                placed[place.position] = place
        output = UnevenConcatSpec(
            input_size=self.cell.output_size, channels=left.widths[N_INPUTS:]
        )
        nodes = tuple(map(self.position, NODES))
        return (*placed.values(), PlacedBlock(self.output, output, nodes))

    @property
    def output(self) -> str:
        """Where its nodes are concatenated."""
        return f"{self.cell.name}.output"

    @property
    def grid(self) -> tuple[int, ...]:
        """The widths that are timed."""
        return measured_widths(self.cell.channels, N_MEASURED_WIDTHS)

    @property
    def n_summed(self) -> tuple[int, ...]:
        """The numbers of inputs of the sums that are timed."""
        most = len(self.names(NODES[-1]))
        return (*(n for n in N_SUMMED if n < most), most)

    def measured(self) -> Iterator[BlockSpec]:
        """The blocks whose latencies enclose those of all that may be left."""
        grid, size = self.grid, self.cell.output_size
        halves = [halves_of(width) for width in grid]
        for node, source in enumerate(self.sources):
            made = halves if not self.is_reduced(node) else [(1, 1), *halves]
            for in_channels, out in itertools.product(source_widths(source), made):
                yield self.preprocessing(node, in_channels, out)
        for name in dict.fromkeys(name for node in NODES for name in self.names(node)):
            made = halves if parsed(name)[0] != SKIP else [(1, 1), *halves]
            for in_channels, hidden, out in itertools.product(grid, grid, made):
                yield from self.operation(name, in_channels, hidden, out)
        for width in grid:
            yield UnevenConcatSpec(input_size=size, channels=(width,) * len(NODES))
            for n_inputs in self.n_summed:
                yield AddSpec(input_size=size, in_channels=width, n_inputs=n_inputs)

    def _summed(self, node: int, left: CellLeft) -> Iterator[PlacedBlock | Wire]:
        """The operations of a node, and their sum."""
        ends = []
        for name, hidden in left.operations[node].items():
            option, source = parsed(name)
            before, end = self.position(source), f"{self.position(node)}.{name}"
            *first, last = self.operation(name, left.widths[source], hidden, left.halves[node])
            for pooling in first:
                place = PlacedBlock(f"{before}.{option}", pooling, (before,))
                yield place
                before = place.position
            yield PlacedBlock(end, last, (before,))
            ends.append(end)
        if len(ends) == 1:
            yield Wire(self.position(node), ends[0])
            return
        total = AddSpec(
            input_size=self.cell.output_size, in_channels=left.widths[node], n_inputs=len(ends)
        )
        yield PlacedBlock(self.position(node), total, tuple(ends))

    def _stride(self, source: int) -> int:
        return self.cell.stride if source < N_INPUTS else 1


def parsed(name: str) -> tuple[str, int]:
    """Of an operation's name, the option and the node that it reads."""
    option, _, source = name.partition(FROM)
    return option, int(source)


def source_widths(source: Source) -> tuple[int, ...]:
    """The channels of a cell's input that are timed: all nodes behind it are of one width."""
    if len(source.widths) == 1:
        return source.widths
    return tuple(
        len(source.widths) * width
        for width in measured_widths(source.widths[0], N_MEASURED_WIDTHS)
    )


def _reduction(size: int, in_channels: int, halves: Halves) -> ThinReduceSpec:
    even, odd = halves
    return ThinReduceSpec(
        input_size=size, in_channels=in_channels, even_channels=even, odd_channels=odd
    )
