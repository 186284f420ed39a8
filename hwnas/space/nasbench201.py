"""The cell space of NAS-Bench-201 (Dong and Yang 2020): six edges, five operations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from hwnas.block import (
    AddSpec,
    BlockSpec,
    ConvSpec,
    NormHeadSpec,
    PoolSpec,
    PreactResidualSpec,
    ReluSpec,
    StemSpec,
    ZeroSpec,
)
from hwnas.block.spec import check_positive
from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.parts import Part, Parts
from hwnas.space.walk import blocks_in
from hwnas.space.wiring import PlacedBlock, Places, Wire

OPTIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""In the published names and order."""
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
"""Node written and node read, in the order of the published string."""
LAST_NODE = 3


class State(NamedTuple):
    """What later edges share with earlier ones, or must know of them."""

    carries: tuple[bool, ...] = ()
    """Of the node being decided: whether each edge so far carries anything."""
    rectified: tuple[int, ...] = ()
    """Nodes whose ReLU is there already, for every convolution that reads them."""
    pooled: tuple[int, ...] = ()
    """Nodes whose pooling is there already."""


@dataclass(frozen=True, kw_only=True)
class Nasbench201Space:
    """Stem, three stages of equal cells, a residual block between stages, head.

    A cell's node is the sum of its edges; ``none`` carries nothing. Convolutions, pooling, sums
    and the ReLU before convolutions are blocks of a table, in each of the three sizes; what edges
    out of one node have in common is there once, as engines compute it once.

    The defaults are published. ``operations`` are those an edge may have, in the order of
    ``OPTIONS``: RD-NAS trains the 4,096 cells without ``none``.

    Raises:
        ValueError: A number is not positive, or the operations are not 2 or more of ``OPTIONS``.
    """

    input_size: int = 32
    in_channels: int = 3
    n_classes: int = 10
    cells_a_stage: int = 5
    channels: tuple[int, int, int] = (16, 32, 64)
    operations: tuple[str, ...] = OPTIONS

    def __post_init__(self) -> None:
        numbers = ("input_size", "in_channels", "n_classes", "cells_a_stage")
        check_positive(f"space {self.name!r}", **{name: getattr(self, name) for name in numbers})
        check_positive(f"space {self.name!r}", channels=min(self.channels))
        known = tuple(option for option in OPTIONS if option in self.operations)
        if len(known) < 2 or self.operations != known:
            raise ValueError(
                f"operations must be 2 or more of {', '.join(OPTIONS)}, in this order, "
                f"got {self.operations}"
            )

    @property
    def name(self) -> str:
        """The space's name."""
        return "nasbench201"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Six edges."""
        return decisions_of(self.operations)

    def start(self) -> tuple[State, Places]:
        """The stem, what halves the feature map between stages, and each cell's entry."""
        stem = StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=self.channels[0],
            kernel_size=3,
            stride=1,
            activation="none",
        )
        places: list[PlacedBlock | Wire] = [PlacedBlock("stem", stem)]
        before, size = "stem", self.input_size
        for stage, channels in enumerate(self.channels):
            if stage:
                halve = PreactResidualSpec(
                    input_size=size, in_channels=self.channels[stage - 1], out_channels=channels
                )
                places.append(PlacedBlock(f"reduction{stage}", halve, (before,)))
                before, size = f"reduction{stage}", halve.output_size
            for cell in self._cells(stage):
                places.append(Wire(f"{cell}.node0", before))
                before = f"{cell}.node{LAST_NODE}"
        return State(), tuple(places)

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """The operation in all cells, and the node's sum after the last of its edges."""
        to, source = EDGES[index]
        carries = (*state.carries, option != "none")
        is_last = source == to - 1
        places: list[PlacedBlock | Wire] = []
        for stage, (size, channels) in enumerate(self._shapes()):
            shape = {"input_size": size, "in_channels": channels}
            for cell in self._cells(stage):
                places += _edge(cell, to, source, option, state, shape)
                if is_last:
                    places.append(_node(cell, to, carries, shape))
        rectified, pooled = set(state.rectified), set(state.pooled)
        if option.startswith("nor_conv"):
            rectified.add(source)
        if option == "avg_pool_3x3":
            pooled.add(source)
        if to == LAST_NODE:  # nobody reads this node any more
            rectified.discard(source)
            pooled.discard(source)
        after = State(() if is_last else carries, tuple(sorted(rectified)), tuple(sorted(pooled)))
        return after, tuple(places)

    def finish(self, state: State) -> Places:
        """BatchNorm, ReLU, mean and classifier."""
        *_, (size, channels) = self._shapes()
        return self._head(size, channels)

    def unshared_parts(self, architecture: Architecture) -> Parts:
        """As the published networks run: ``none`` makes zeros, and every node sums all edges."""
        parts = self._parts_of_all.copy()
        edges = list(zip(architecture.choices, _read_edges(architecture), strict=True))
        for size, channels in self._shapes():
            for option, is_read in edges:
                for block in _alone(option, size, channels):
                    parts[Part(block, is_read)] += self.cells_a_stage
        return parts

    @cached_property
    def _parts_of_all(self) -> Parts:
        """What every network holds, whatever its edges."""
        *_, (size, channels) = self._shapes()
        ends = (*self.start()[1], *self._head(size, channels))
        parts = Parts(map(Part, blocks_in(ends)))
        for size, channels in self._shapes():
            for n_inputs in range(2, LAST_NODE + 1):
                node = AddSpec(input_size=size, in_channels=channels, n_inputs=n_inputs)
                parts[Part(node)] += self.cells_a_stage
        return parts

    def option_class(self, decision: Decision, option: str) -> str:
        """Convolutions, and what has no weights."""
        return "parametric" if option.startswith("nor_conv") else "non-parametric"

    def to_json(self) -> Mapping[str, Any]:
        """Family and every setting."""
        return {"family": self.name, **asdict(self)}

    def _shapes(self) -> Iterator[tuple[int, int]]:
        """Pixels and channels of each stage."""
        size = self.input_size
        for stage, channels in enumerate(self.channels):
            size = size if stage == 0 else -(-size // 2)
            yield size, channels

    def _head(self, size: int, channels: int) -> Places:
        head = NormHeadSpec(
            input_size=size, in_channels=channels, n_classes=self.n_classes, activation="relu"
        )
        *_, last_cell = self._cells(len(self.channels) - 1)
        return (PlacedBlock("head", head, (f"{last_cell}.node{LAST_NODE}",)),)

    def _cells(self, stage: int) -> list[str]:
        first = stage * self.cells_a_stage + 1
        return [f"cell{number}" for number in range(first, first + self.cells_a_stage)]


def decisions_of(operations: tuple[str, ...]) -> tuple[Decision, ...]:
    """The six edges of a cell, in the order of the published string."""
    return tuple(Decision(f"edge{to}<-{source}", operations) for to, source in EDGES)


DECISIONS = decisions_of(OPTIONS)
"""Of the published cells."""


def architecture_from_string(text: str) -> Architecture:
    """Read the published encoding, such as ``|nor_conv_3x3~0|+|none~0|none~1|+|…~0|…~1|…~2|``.

    Raises:
        InvalidInputError: It is not six known operations in their places.
    """
    operations = tuple(re.findall(r"([^|~+]+)~\d", text))
    known = len(operations) == len(EDGES) and set(operations) <= set(OPTIONS)
    if not known or string_of(Architecture(operations)) != text:
        raise InvalidInputError(
            f"{text!r} is no NAS-Bench-201 cell. Write |A~0|+|B~0|C~1|+|D~0|E~1|F~2| with "
            f"operations out of {', '.join(OPTIONS)}."
        )
    return Architecture(operations)


def string_of(architecture: Architecture) -> str:
    """Write the published encoding."""
    nodes: dict[int, str] = {}
    for (target, source), operation in zip(EDGES, architecture.choices, strict=True):
        nodes[target] = f"{nodes.get(target, '|')}{operation}~{source}|"
    return "+".join(nodes.values())


def _read_edges(architecture: Architecture) -> list[bool]:
    """Of each edge, whether it lies on a way from the cell's input to its output."""
    carries = [option != "none" for option in architecture.choices]
    reached, wanted = {0}, {LAST_NODE}
    for (to, source), carried in zip(EDGES, carries, strict=True):
        if carried and source in reached:
            reached.add(to)
    for (to, source), carried in zip(reversed(EDGES), reversed(carries), strict=True):
        if carried and to in wanted:
            wanted.add(source)
    return [
        carried and source in reached and to in wanted
        for (to, source), carried in zip(EDGES, carries, strict=True)
    ]


@cache
def _alone(option: str, size: int, channels: int) -> tuple[BlockSpec, ...]:
    """What computes an edge that shares nothing with others."""
    shape = {"input_size": size, "in_channels": channels}
    if option == "none":
        return (ZeroSpec(**shape),)
    if option == "skip_connect":
        return ()
    if option == "avg_pool_3x3":
        return (PoolSpec(**shape, operation="avg"),)
    return (ReluSpec(**shape), _conv(option, shape))


def _conv(option: str, shape: dict[str, int]) -> ConvSpec:
    return ConvSpec(
        **shape,
        out_channels=shape["in_channels"],
        kernel_size=int(option[-1]),
        stride=1,
        activation="none",
    )


def _edge(
    cell: str, to: int, source: int, option: str, state: State, shape: dict[str, int]
) -> Places:
    """The edge's name, and what computes it unless an earlier edge brought that.

    A convolution stands under a name of its own, which its weights go by.
    """
    edge, node = f"{cell}.edge{to}<-{source}", f"{cell}.node{source}"
    if option == "none":
        return ()
    if option == "skip_connect":
        return (Wire(edge, node),)
    if option == "avg_pool_3x3":
        pool = PlacedBlock(f"{node}.{option}", PoolSpec(**shape, operation="avg"), (node,))
        wire = Wire(edge, pool.position)
        return (wire,) if source in state.pooled else (pool, wire)
    relu = PlacedBlock(f"{node}.relu", ReluSpec(**shape), (node,))
    placed = PlacedBlock(f"{edge}.{option}", _conv(option, shape), (relu.position,))
    brought = (placed, Wire(edge, placed.position))
    return brought if source in state.rectified else (relu, *brought)


def _node(
    cell: str, to: int, carries: tuple[bool, ...], shape: dict[str, int]
) -> PlacedBlock | Wire:
    node = f"{cell}.node{to}"
    edges = tuple(f"{cell}.edge{to}<-{source}" for source in range(to) if carries[source])
    if not edges:
        return PlacedBlock(node, ZeroSpec(**shape), (f"{cell}.node0",))
    if len(edges) == 1:
        return Wire(node, edges[0])
    return PlacedBlock(node, AddSpec(**shape, n_inputs=len(edges)), edges)
