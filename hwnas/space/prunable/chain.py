"""Chains of inverted residuals: what is left of one may be whole, thin or branched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from hwnas.block import (
    BlockSpec,
    HeadSpec,
    MBConvSpec,
    StemSpec,
    ThinMBConvSpec,
    operators_of,
)
from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Decision
from hwnas.space.mobilenet import SKIP, MobilenetSpace
from hwnas.space.prunable.node import N_MEASURED_WIDTHS, Node
from hwnas.space.prunable.widths import Widths, measured_widths
from hwnas.space.walk import blocks_in
from hwnas.space.wiring import Network, PlacedBlock, Places, Wire, wired

Kind = TypeVar("Kind", bound=BlockSpec)
LEFT_OF_STAGE = 0.45
"""Of what earlier stages held, about as much is left when the next one begins."""


@dataclass(frozen=True, kw_only=True)
class PrunableChain:
    """Stem, nodes, and a head whose hidden channels are filters too."""

    name: str
    stem: StemSpec
    nodes: tuple[Node, ...]
    head: HeadSpec

    def places(self, widths: Sequence[Widths], head_width: int) -> Places:
        """The network that these widths leave."""
        places: list[PlacedBlock | Wire] = [PlacedBlock("stem", self.stem)]
        before = "stem"
        for node, left in zip(self.nodes, widths, strict=True):
            places += node.places(left, before)
            before = node.position
        head = replace(self.head, hidden_channels=head_width)
        return (*places, PlacedBlock("head", head, (before,)))

    def whole(self) -> Network:
        """All operations of every node, with all of their filters."""
        return wired(self.places([node.full for node in self.nodes], self.head.hidden_channels))

    def blocks(self, widths: Sequence[Widths]) -> Iterator[BlockSpec]:
        """What these widths leave of the first nodes."""
        for node, left in zip(self.nodes, widths, strict=False):
            yield from blocks_in(node.places(left, ""))

    def whole_part(self, n_nodes: int) -> Iterator[BlockSpec]:
        """The blocks of the first nodes, whole."""
        return self.blocks([node.full for node in self.nodes[:n_nodes]])

    def stage_ends(self, n_stages: int) -> tuple[int, ...]:
        """Nodes up to the end of each stage, so that each holds about as much for its backward.

        One node a stage at least, so perhaps fewer stages.
        """
        n_nodes = len(self.nodes)
        n_stages = min(n_stages, n_nodes)
        held = np.cumsum([sum(map(_n_elements, node.operations.values())) for node in self.nodes])
        sizes = np.cumsum((1 - LEFT_OF_STAGE) ** np.arange(n_stages))
        ends: list[int] = []
        for number, size in enumerate(sizes[:-1], start=1):
            end = int(np.abs(held / held[-1] - size / sizes[-1]).argmin()) + 1
            first = ends[-1] + 1 if ends else 1
            ends.append(min(max(end, first), n_nodes - n_stages + number))
        return (*ends, n_nodes)

    def n_prunable_weights(self, network: Network) -> int:
        """Weights that may be pruned one by one: those of convolutions behind the stem."""
        return sum(
            operator.n_weights
            for block in network
            if not block.reads_image
            for operator in operators_of(block)
            if operator.kind != "linear"
        )

    def measured(self) -> tuple[BlockSpec, ...]:
        """Every block that a latency table must hold."""
        nodes = (block for node in self.nodes for block in node.measured())
        return tuple(dict.fromkeys([self.stem, *nodes, *map(self._head, self._head_widths)]))

    def drawn(self, rng: np.random.Generator) -> Network:
        """A network of measured blocks, its branches and widths drawn uniformly."""
        widths = [node.drawn(rng) for node in self.nodes]
        head_width = self._head_widths[int(rng.integers(len(self._head_widths)))]
        return wired(self.places(widths, head_width))

    def narrowest(self, *, operations: bool, filters: bool) -> Network:
        """The smallest network that pruning operations and filters, or one of them, can leave."""
        widths = [n.narrowest(operations=operations, filters=filters) for n in self.nodes]
        head_width = min(self._head_widths) if filters else self.head.hidden_channels
        return wired(self.places(widths, head_width))

    def dearest(self, *, filters: bool) -> Network:
        """Of each node the dearest operation alone, as narrow as pruning filters can make it."""
        head_width = min(self._head_widths) if filters else self.head.hidden_channels
        return wired(self.places([n.dearest(filters=filters) for n in self.nodes], head_width))

    @property
    def _head_widths(self) -> tuple[int, ...]:
        return measured_widths(self.head.hidden_channels, N_MEASURED_WIDTHS)

    def _head(self, width: int) -> HeadSpec:
        return replace(self.head, hidden_channels=width)


def prunable_chain(space: MobilenetSpace) -> PrunableChain:
    """The largest image and stage widths, every operation.

    Raises:
        InvalidInputError: It has a squeeze-excitation.
    """
    decisions = iter(enumerate(space.decisions))
    state, placed = space.step(0, space.start()[0], _largest(next(decisions)[1]))
    stem = _block(placed, StemSpec)
    nodes = []
    for index, decision in decisions:
        if ".block" not in decision.name:
            state, _ = space.step(index, state, _largest(decision))
            continue
        options = [option for option in decision.options if option != SKIP]
        moves = {option: space.step(index, state, option) for option in options}
        blocks = {option: _block(made, MBConvSpec) for option, (_, made) in moves.items()}
        nodes.append(_node(space.name, decision, blocks))
        state = moves[options[0]][0]
    head = _block(space.finish(state), HeadSpec)
    return PrunableChain(name=space.name, stem=stem, nodes=tuple(nodes), head=head)


def _n_elements(block: ThinMBConvSpec) -> int:
    """Of the feature maps that an operation makes of one image."""
    wide = block.hidden_channels * block.input_size**2 if block.expands else 0
    return wide + (block.hidden_channels + block.out_channels) * block.output_size**2


def _block(places: Places, kind: type[Kind]) -> Kind:
    """The one block of some places, which is of this kind."""
    (block,) = blocks_in(places)
    if not isinstance(block, kind):
        raise TypeError(f"expected a {kind.__name__}, got {block}")
    return block


def _largest(decision: Decision) -> str:
    return max(decision.options, key=int)


def _node(space_name: str, decision: Decision, blocks: Mapping[str, MBConvSpec]) -> Node:
    if any(block.se_channels for block in blocks.values()):
        raise InvalidInputError(
            f"--strategy mgas prunes no squeeze-excitation, which {decision.name} of space "
            f"{space_name!r} has. Give --space mobilenet or set its se_ratio to 0."
        )
    whole = {
        name: ThinMBConvSpec(
            input_size=block.input_size,
            in_channels=block.in_channels,
            hidden_channels=block.hidden_channels,
            out_channels=block.out_channels,
            kernel_size=block.kernel_size,
            stride=block.stride,
            activation=block.activation,
            has_residual=False,
            expands=block.expands,
        )
        for name, block in blocks.items()
    }
    return Node(
        position=decision.name,
        operations=whole,
        has_residual=next(iter(blocks.values())).has_residual,
        may_be_empty=SKIP in decision.options,
    )
