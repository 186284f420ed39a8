"""The cell space of DARTS (Liu et al. 2019): normal and reduction cells, eight operations."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hwnas.block import (
    AddSpec,
    BlockSpec,
    ConcatSpec,
    DilConvSpec,
    FactorizedReduceSpec,
    LinearHeadSpec,
    PoolSpec,
    PreactConvSpec,
    SepConvSpec,
    StemSpec,
    ZeroSpec,
)
from hwnas.block.spec import check_positive, strided
from hwnas.space.architecture import Decision
from hwnas.space.wiring import PlacedBlock, Places, Wire

NONE, SKIP = "none", "skip_connect"
OPTIONS = (
    NONE,
    "max_pool_3x3",
    "avg_pool_3x3",
    SKIP,
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""In the published names and order."""
NON_PARAMETRIC, PARAMETRIC = OPTIONS[:4], OPTIONS[4:]
N_INPUTS = 2
"""Nodes 0 and 1: the outputs of the cell before the last one and of the last one."""
NODES = (2, 3, 4, 5)
"""Those a cell computes and concatenates."""
EDGES = tuple((node, source) for node in NODES for source in range(node))
KINDS = ("normal", "reduce")
STEM_WIDTH = 3
"""Times the channels of the first cell."""

State = tuple[bool, ...]
"""Of the node whose edges are being decided: whether each edge so far carries anything."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell's name and shapes: of its inputs once they are preprocessed, and of its nodes."""

    name: str
    reduces: bool
    input_size: int
    channels: int

    @property
    def stride(self) -> int:
        """Of the edges that leave the cell's inputs."""
        return 2 if self.reduces else 1

    @property
    def output_size(self) -> int:
        """Height and width of its nodes, in pixels."""
        return strided(self.input_size, self.stride)


@dataclass(frozen=True, kw_only=True)
class DartsSpace:
    """Stem, cells of which two halve the feature map and double the channels, mean, linear.

    A cell's node is the sum of its edges; ``none`` carries nothing. An edge's operation, a node's
    sum and a cell's ends are blocks of a table, in each of their sizes. The published search
    network has 8 layers of 16 channels, its evaluation network 20 of 36.

    Raises:
        ValueError: A number is not positive, or the operations, in the order of ``OPTIONS``, are
            not ``none``, one more without weights, and one with.
    """

    input_size: int = 32
    in_channels: int = 3
    n_classes: int = 10
    n_layers: int = 8
    channels: int = 16
    operations: tuple[str, ...] = OPTIONS

    def __post_init__(self) -> None:
        numbers = {name: value for name, value in vars(self).items() if name != "operations"}
        check_positive(f"space {self.name!r}", **numbers)
        known = tuple(option for option in OPTIONS if option in self.operations)
        carrying = [option for option in self.operations if option != NONE]
        has_both = {option in PARAMETRIC for option in carrying} == {True, False}
        if self.operations != known or NONE not in known or not has_both:
            raise ValueError(
                f"operations must be {NONE} and others of {', '.join(OPTIONS[1:])}, in this "
                f"order, with and without weights, got {self.operations}"
            )

    @property
    def name(self) -> str:
        """The space's name."""
        return "darts"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Fourteen edges of a normal cell, then as many of a reduction cell."""
        return tuple(
            Decision(f"{kind}.edge{node}<-{source}", self.operations)
            for kind in KINDS
            for node, source in EDGES
        )

    @property
    def stem(self) -> StemSpec:
        """Both inputs of the first cell."""
        return StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=STEM_WIDTH * self.channels,
            kernel_size=3,
            stride=1,
            activation="none",
        )

    def start(self) -> tuple[State, Places]:
        """The stem, and each cell's ends: what it makes of its two inputs, and its output."""
        stem = self.stem
        places: list[PlacedBlock | Wire] = [PlacedBlock("stem", stem)]
        before = before_last = ("stem", stem.output_size, stem.out_channels)
        for cell in self.cells():
            for node, source in enumerate((before_last, before)):
                places.append(_preprocessed(f"{cell.name}.node{node}", source, cell))
            concat = ConcatSpec(
                input_size=cell.output_size, in_channels=cell.channels, n_inputs=len(NODES)
            )
            nodes = tuple(f"{cell.name}.node{node}" for node in NODES)
            places.append(PlacedBlock(f"{cell.name}.output", concat, nodes))
            before_last, before = (
                before,
                (f"{cell.name}.output", concat.output_size, concat.out_channels),
            )
        return (), tuple(places)

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """The operation in all cells of a kind, and the node's sum after the last of its edges."""
        is_reduce, place = divmod(index, len(EDGES))
        node, source = EDGES[place]
        carries = (*state, option != NONE)
        is_last = source == node - 1
        places: list[PlacedBlock | Wire] = []
        for cell in self.cells():
            if cell.reduces == bool(is_reduce):
                places += _edge(cell, node, source, option)
                if is_last:
                    places.append(_node(cell, node, carries))
        return (() if is_last else carries), tuple(places)

    def finish(self, state: State) -> Places:
        """Mean and classifier."""
        *_, last = self.cells()
        return (PlacedBlock("head", self.head, (f"{last.name}.output",)),)

    @property
    def head(self) -> LinearHeadSpec:
        """Of the last cell's output."""
        *_, last = self.cells()
        return LinearHeadSpec(
            input_size=last.output_size,
            in_channels=len(NODES) * last.channels,
            n_classes=self.n_classes,
        )

    def option_class(self, decision: Decision, option: str) -> str:
        """Convolutions, and what has no weights."""
        return "parametric" if option in PARAMETRIC else "non-parametric"

    def to_json(self) -> Mapping[str, Any]:
        """Family and sizes."""
        return {"family": self.name, **asdict(self)}

    def cells(self) -> Iterator[Cell]:
        """Those at a third and at two thirds of the layers reduce."""
        size, channels = self.input_size, self.channels
        for layer in range(self.n_layers):
            reduces = layer in (self.n_layers // 3, 2 * self.n_layers // 3)
            channels *= 2 if reduces else 1
            cell = Cell(
                name=f"cell{layer + 1}", reduces=reduces, input_size=size, channels=channels
            )
            yield cell
            size = cell.output_size


def _preprocessed(position: str, source: tuple[str, int, int], cell: Cell) -> PlacedBlock:
    """The input in the cell's channels and, where the cell before reduced, in its size."""
    read, size, channels = source
    block: BlockSpec
    if size != cell.input_size:
        block = FactorizedReduceSpec(
            input_size=size, in_channels=channels, out_channels=cell.channels
        )
    else:
        block = PreactConvSpec(
            input_size=size,
            in_channels=channels,
            out_channels=cell.channels,
            kernel_size=1,
            stride=1,
            activation="relu",
        )
    return PlacedBlock(position, block, (read,))


def _operation(option: str, size: int, channels: int, stride: int) -> BlockSpec | None:
    """The block of an operation; nothing for one that computes nothing."""
    same: dict[str, Any] = {"input_size": size, "in_channels": channels}
    if option == SKIP:
        return None if stride == 1 else FactorizedReduceSpec(**same, out_channels=channels)
    if "pool" in option:
        return PoolSpec(**same, operation=option[:3], stride=stride)
    kind = SepConvSpec if option.startswith("sep") else DilConvSpec
    return kind(**same, out_channels=channels, kernel_size=int(option[-1]), stride=stride)


def _edge(cell: Cell, node: int, source: int, option: str) -> Places:
    """The operation under a name of its own, which its weights go by, and the edge's name."""
    edge, read = f"{cell.name}.edge{node}<-{source}", f"{cell.name}.node{source}"
    if option == NONE:
        return ()
    if source < N_INPUTS:
        block = _operation(option, cell.input_size, cell.channels, cell.stride)
    else:
        block = _operation(option, cell.output_size, cell.channels, 1)
    if block is None:
        return (Wire(edge, read),)
    return PlacedBlock(f"{edge}.{option}", block, (read,)), Wire(edge, f"{edge}.{option}")


def _node(cell: Cell, node: int, carries: State) -> PlacedBlock | Wire:
    position = f"{cell.name}.node{node}"
    edges = tuple(f"{cell.name}.edge{node}<-{source}" for source in range(node) if carries[source])
    if not edges:
        zero = ZeroSpec(input_size=cell.input_size, in_channels=cell.channels, stride=cell.stride)
        return PlacedBlock(position, zero, (f"{cell.name}.node0",))
    if len(edges) == 1:
        return Wire(position, edges[0])
    add = AddSpec(input_size=cell.output_size, in_channels=cell.channels, n_inputs=len(edges))
    return PlacedBlock(position, add, edges)
