"""Chains of inverted residuals: what is left of one may be whole, thin or branched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from hwnas.block import (
    AddSpec,
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
from hwnas.space.prunable.widths import WIDTH_STEP, Widths, measured_widths
from hwnas.space.walk import blocks_in
from hwnas.space.wiring import Network, PlacedBlock, Places, Wire, wired

Kind = TypeVar("Kind", bound=BlockSpec)
N_MEASURED_WIDTHS = 4
"""Of each kernel at each place; widths between are interpolated."""
LEFT_OF_STAGE = 0.45
"""Of what earlier stages held, about as much is left when the next one begins."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A place of the chain where several operations are summed up, with the input if it fits.

    ``operations`` are by name, each as wide as it gets and without the residual, which is the
    node's. A node that ``may_be_empty`` is then its input; any other keeps an operation.
    """

    position: str
    operations: Mapping[str, ThinMBConvSpec]
    has_residual: bool
    may_be_empty: bool

    @property
    def full(self) -> dict[str, int]:
        """Of each branch, the widths of all its operations together."""
        return self.merged({name: one.hidden_channels for name, one in self.operations.items()})

    def branch(self, operation: str) -> str:
        """Operations of one branch are one block once they are built, as they compute one.

        They are of one kernel, and have an expanding convolution; one without is a branch alone.
        """
        block = self.operations[operation]
        return f"k{block.kernel_size}" if block.expands else operation

    def merged(self, widths: Mapping[str, int]) -> dict[str, int]:
        """Of operations by name, the widths by branch."""
        by_branch: dict[str, int] = {}
        for name, width in widths.items():
            branch = self.branch(name)
            by_branch[branch] = by_branch.get(branch, 0) + width
        return by_branch

    def position_of(self, branch: str, n_branches: int) -> str:
        """Where a branch stands: at the node's own position if it is the only one left."""
        return self.position if n_branches == 1 else f"{self.position}.{branch}"

    def places(self, widths: Widths, before: str) -> Places:
        """What is left of it."""
        if not widths:
            return (Wire(self.position, before),)
        placed = tuple(
            PlacedBlock(self.position_of(branch, len(widths)), block, (before,))
            for branch, block in self._blocks(widths)
        )
        if len(placed) == 1:
            return placed
        positions = tuple(place.position for place in placed)
        return (*placed, PlacedBlock(self.position, self._sum(len(placed)), positions))

    def measured(self) -> Iterator[BlockSpec]:
        """The blocks whose latencies enclose those of all that may be left."""
        for branch in self.full:
            for hidden in self._offered(branch):
                for has_residual in {self.has_residual, False}:
                    block = self._of_branch[branch]
                    yield replace(block, hidden_channels=hidden, has_residual=has_residual)
        for n_inputs in range(2, len(self.full) + 1):
            yield self._sum(n_inputs)

    def drawn(self, rng: np.random.Generator) -> dict[str, int]:
        """Branches and measured widths, drawn uniformly."""
        widths = {}
        for branch in self.full:
            offered = self._offered(branch)
            width = offered[int(rng.integers(len(offered)))]
            if rng.random() < 1 / len(self.full):
                widths[branch] = width
        return widths if widths or self.may_be_empty else {branch: width}

    def narrowest(self, *, operations: bool, filters: bool) -> dict[str, int]:
        """The least that pruning operations and filters, or one of them, can leave."""
        if operations and self.may_be_empty:
            return {}
        least = {
            name: min(WIDTH_STEP, block.hidden_channels)
            if filters and block.expands
            else block.hidden_channels
            for name, block in self.operations.items()
        }
        if not operations:
            return self.merged(least)

        def n_parameters(name: str) -> int:
            return replace(self.operations[name], hidden_channels=least[name]).n_parameters

        smallest = min(least, key=n_parameters)
        return self.merged({smallest: least[smallest]})

    def _offered(self, branch: str) -> tuple[int, ...]:
        """The widths that are timed."""
        full = self.full[branch]
        return (
            measured_widths(full, N_MEASURED_WIDTHS)
            if self._of_branch[branch].expands
            else (full,)
        )

    def _blocks(self, widths: Widths) -> Iterator[tuple[str, ThinMBConvSpec]]:
        """Of each branch; the first adds the input."""
        for number, (branch, hidden) in enumerate(sorted(widths.items())):
            has_residual = self.has_residual and number == 0
            whole = self._of_branch[branch]
            yield branch, replace(whole, hidden_channels=hidden, has_residual=has_residual)

    def _sum(self, n_inputs: int) -> AddSpec:
        block = next(iter(self.operations.values()))
        return AddSpec(
            input_size=block.output_size, in_channels=block.out_channels, n_inputs=n_inputs
        )

    @cached_property
    def _of_branch(self) -> dict[str, ThinMBConvSpec]:
        return {self.branch(name): block for name, block in self.operations.items()}


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
