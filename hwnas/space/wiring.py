"""Which block of a network reads which: a chain, or the cells of a graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from hwnas.block import BlockSpec

IMAGE = -1
"""The input that is the image."""


@dataclass(frozen=True)
class PlacedBlock:
    """A block and where it stands; no two blocks of a network stand at the same position.

    ``inputs`` are the positions whose outputs it reads, in order; ``None`` is the block before it,
    or the image.
    """

    position: str
    block: BlockSpec
    inputs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Wire:
    """A position whose output is that of another one: no block, no cost."""

    position: str
    input: str


Places = tuple[PlacedBlock | Wire, ...]


@dataclass(frozen=True)
class Network(Sequence[BlockSpec]):
    """The blocks of one network, each after those it reads; every cost is a sum over them.

    ``inputs[i]`` are the places in ``blocks`` whose outputs block ``i`` reads; the last block's
    output is the network's.
    """

    blocks: tuple[BlockSpec, ...]
    inputs: tuple[tuple[int, ...], ...]
    positions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.blocks)

    @overload
    def __getitem__(self, place: int) -> BlockSpec: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[BlockSpec, ...]: ...
    def __getitem__(self, place: int | slice) -> BlockSpec | tuple[BlockSpec, ...]:
        return self.blocks[place]


def as_network(blocks: Sequence[BlockSpec]) -> Network:
    """A network as it is; other blocks as a chain, each reading the one before it."""
    if isinstance(blocks, Network):
        return blocks
    numbers = range(len(blocks))
    inputs = tuple((number - 1,) for number in numbers)
    return Network(tuple(blocks), inputs, tuple(str(number) for number in numbers))


def wired(places: Iterable[PlacedBlock | Wire]) -> Network:
    """The network of these places; the last of them gives its output.

    Blocks whose output nothing reads are left out, as an engine leaves them out.

    Raises:
        ValueError: A position is named twice, or one that is read is not there.
    """
    listed = _chained(places)
    by_position = {place.position: place for place in listed}
    if len(by_position) < len(listed):
        raise ValueError("two blocks stand at the same position")
    number: dict[str, int] = {}
    blocks: list[BlockSpec] = []
    inputs: list[tuple[int, ...]] = []
    waiting = [listed[-1].position]
    while waiting:  # depth first: a cell is finished before the next one begins
        place = _behind_wires(by_position, waiting[-1])
        reads = [_behind_wires(by_position, name) for name in place.inputs or ()]
        unread = [read.position for read in reads if read.position not in number]
        if unread and place.position not in number:
            waiting.append(unread[0])
            continue
        waiting.pop()
        if place.position not in number:
            number[place.position] = len(blocks)
            blocks.append(place.block)
            inputs.append(tuple(number[read.position] for read in reads) or (IMAGE,))
    return Network(tuple(blocks), tuple(inputs), tuple(number))


def _chained(places: Iterable[PlacedBlock | Wire]) -> list[PlacedBlock | Wire]:
    """With the block before spelled out where no inputs are told; none is the image."""
    listed: list[PlacedBlock | Wire] = []
    for place in places:
        if isinstance(place, PlacedBlock) and place.inputs is None:
            before = (listed[-1].position,) if listed else ()
            place = PlacedBlock(place.position, place.block, before)
        listed.append(place)
    return listed


def _behind_wires(by_position: Mapping[str, PlacedBlock | Wire], name: str) -> PlacedBlock:
    while True:
        if name not in by_position:
            raise ValueError(f"nothing stands at {name!r}, which is read")
        place = by_position[name]
        if isinstance(place, PlacedBlock):
            return place
        name = place.input
