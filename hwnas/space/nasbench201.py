"""The cell space of NAS-Bench-201 (Dong and Yang 2020): six edges, five operations."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hwnas.block import (
    AddSpec,
    BlockSpec,
    NormHeadSpec,
    PoolSpec,
    PreactConvSpec,
    PreactResidualSpec,
    StemSpec,
    ZeroSpec,
)
from hwnas.block.spec import check_positive
from hwnas.errors import InvalidInputError
from hwnas.record import unknown_name
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.wiring import PlacedBlock, Places, Wire

OPTIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""In the published names and order."""
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
"""Node written and node read, in the order of the published string."""
LAST_NODE = 3
CHANNELS = (16, 32, 64)
CELLS_A_STAGE = 5

State = tuple[bool, ...]
"""Of the node whose edges are being decided: whether each edge so far carries anything."""


@dataclass(frozen=True, kw_only=True)
class Nasbench201Space:
    """Stem, three stages of five equal cells, a residual block between stages, head.

    A cell's node is the sum of its edges; ``none`` carries nothing. An edge's operation and a
    node's sum are blocks of a table, in each of the three sizes.
    """

    input_size: int = 32
    in_channels: int = 3
    n_classes: int = 10

    def __post_init__(self) -> None:
        check_positive(f"space {self.name!r}", **vars(self))

    @property
    def name(self) -> str:
        """The space's name."""
        return "nasbench201"

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Six edges of five operations."""
        return tuple(Decision(f"edge{to}<-{source}", OPTIONS) for to, source in EDGES)

    def start(self) -> tuple[State, Places]:
        """The stem, what halves the feature map between stages, and each cell's entry."""
        stem = StemSpec(
            input_size=self.input_size,
            in_channels=self.in_channels,
            out_channels=CHANNELS[0],
            kernel_size=3,
            stride=1,
            activation="none",
        )
        places: list[PlacedBlock | Wire] = [PlacedBlock("stem", stem)]
        before, size = "stem", self.input_size
        for stage, channels in enumerate(CHANNELS):
            if stage:
                halve = PreactResidualSpec(
                    input_size=size, in_channels=CHANNELS[stage - 1], out_channels=channels
                )
                places.append(PlacedBlock(f"reduction{stage}", halve, (before,)))
                before, size = f"reduction{stage}", halve.output_size
            for cell in _cells(stage):
                places.append(Wire(f"{cell}.node0", before))
                before = f"{cell}.node{LAST_NODE}"
        return (), tuple(places)

    def step(self, index: int, state: State, option: str) -> tuple[State, Places]:
        """The operation in all cells, and the node's sum after the last of its edges."""
        to, source = EDGES[index]
        carries = (*state, option != "none")
        is_last = source == to - 1
        places: list[PlacedBlock | Wire] = []
        for stage, (size, channels) in enumerate(self._shapes()):
            block = _operation(option, size, channels)
            for cell in _cells(stage):
                places += _edge(cell, to, source, option, block)
                if is_last:
                    places.append(_node(cell, to, carries, size, channels))
        return (() if is_last else carries), tuple(places)

    def finish(self, state: State) -> Places:
        """BatchNorm, ReLU, mean and classifier."""
        size, channels = list(self._shapes())[-1]
        head = NormHeadSpec(
            input_size=size, in_channels=channels, n_classes=self.n_classes, activation="relu"
        )
        *_, last_cell = _cells(len(CHANNELS) - 1)
        return (PlacedBlock("head", head, (f"{last_cell}.node{LAST_NODE}",)),)

    def option_class(self, decision: Decision, option: str) -> str:
        """Convolutions, and what has no weights."""
        return "parametric" if option.startswith("nor_conv") else "non-parametric"

    def to_json(self) -> Mapping[str, Any]:
        """Family and sizes."""
        return {"family": self.name, **asdict(self)}

    def _shapes(self) -> Iterator[tuple[int, int]]:
        """Pixels and channels of each stage."""
        size = self.input_size
        for stage, channels in enumerate(CHANNELS):
            size = size if stage == 0 else -(-size // 2)
            yield size, channels


def architecture_from_string(text: str) -> Architecture:
    """Read the published encoding, such as ``|nor_conv_3x3~0|+|none~0|none~1|+|…|``.

    Raises:
        InvalidInputError: It does not name an operation for each of the six edges in order.
        UnknownNameError: An operation is unknown.
    """
    edges = [part.rpartition("~") for node in text.split("+") for part in node.split("|") if part]
    if [source for _, _, source in edges] != [str(source) for _, source in EDGES]:
        raise InvalidInputError(
            f"{text!r} is no NAS-Bench-201 cell. Write it as |op~0|+|op~0|op~1|+|op~0|op~1|op~2|."
        )
    for operation, _, _ in edges:
        if operation not in OPTIONS:
            raise unknown_name("NAS-Bench-201 operation", operation, OPTIONS)
    return Architecture(tuple(operation for operation, _, _ in edges))


def string_of(architecture: Architecture) -> str:
    """Write the published encoding."""
    chosen = dict(zip(EDGES, architecture.choices, strict=True))
    nodes = (
        "|".join(f"{chosen[to, source]}~{source}" for source in range(to))
        for to in range(1, LAST_NODE + 1)
    )
    return "+".join(f"|{node}|" for node in nodes)


def _cells(stage: int) -> list[str]:
    first = stage * CELLS_A_STAGE + 1
    return [f"cell{number}" for number in range(first, first + CELLS_A_STAGE)]


def _operation(option: str, size: int, channels: int) -> BlockSpec | None:
    """The block of an operation; nothing for those that compute nothing."""
    if option == "avg_pool_3x3":
        return PoolSpec(input_size=size, in_channels=channels, operation="avg")
    if not option.startswith("nor_conv"):
        return None
    return PreactConvSpec(
        input_size=size,
        in_channels=channels,
        out_channels=channels,
        kernel_size=int(option[-1]),
        stride=1,
        activation="relu",
    )


def _edge(cell: str, to: int, source: int, option: str, block: BlockSpec | None) -> Places:
    """The operation under a name of its own, which its weights go by, and the edge's name."""
    edge, read = f"{cell}.edge{to}<-{source}", f"{cell}.node{source}"
    if option == "none":
        return ()
    if block is None:
        return (Wire(edge, read),)
    return PlacedBlock(f"{edge}.{option}", block, (read,)), Wire(edge, f"{edge}.{option}")


def _node(cell: str, to: int, carries: State, size: int, channels: int) -> PlacedBlock | Wire:
    node, shape = f"{cell}.node{to}", {"input_size": size, "in_channels": channels}
    edges = tuple(f"{cell}.edge{to}<-{source}" for source in range(to) if carries[source])
    if not edges:
        return PlacedBlock(node, ZeroSpec(**shape), (f"{cell}.node0",))
    if len(edges) == 1:
        return Wire(node, edges[0])
    return PlacedBlock(node, AddSpec(**shape, n_inputs=len(edges)), edges)
