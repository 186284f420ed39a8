"""A place of a chain, where several inverted residuals are summed up."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwnas.block import AddSpec, BlockSpec, ThinMBConvSpec
from hwnas.space.prunable.widths import WIDTH_STEP, Widths, measured_widths
from hwnas.space.wiring import PlacedBlock, Places, Wire

N_MEASURED_WIDTHS = 4
"""Of each kernel at each place; widths between are interpolated."""


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
        if not operations:
            return self.merged(self._least(filters=filters))
        return {} if self.may_be_empty else self._alone(min, filters=filters)

    def dearest(self, *, filters: bool) -> dict[str, int]:
        """The operation of most parameters, where it is alone and as narrow as it gets."""
        return self._alone(max, filters=filters)

    def _alone(self, extreme: Callable[..., str], *, filters: bool) -> dict[str, int]:
        least = self._least(filters=filters)

        def n_parameters(name: str) -> int:
            return replace(self.operations[name], hidden_channels=least[name]).n_parameters

        name = extreme(least, key=n_parameters)
        return self.merged({name: least[name]})

    def _least(self, *, filters: bool) -> dict[str, int]:
        """Of each operation, the fewest hidden channels."""
        return {
            name: min(WIDTH_STEP, block.hidden_channels)
            if filters and block.expands
            else block.hidden_channels
            for name, block in self.operations.items()
        }

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
