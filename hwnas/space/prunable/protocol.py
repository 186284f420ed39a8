"""What pruning may start from, whatever its networks look like."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from hwnas.block import BlockSpec
from hwnas.space.wiring import Network


class Prunable(Protocol):
    """Nodes in a row, each a sum of operations; what is left of them is a network of blocks."""

    @property
    def name(self) -> str:
        """Of the space."""
        ...

    def whole(self) -> Network:
        """All operations of every node, with all of their filters."""
        ...

    def whole_part(self, n_nodes: int) -> Iterable[BlockSpec]:
        """The blocks of the first nodes, whole."""
        ...

    def measured(self) -> tuple[BlockSpec, ...]:
        """The blocks whose latencies enclose those of all that may be left."""
        ...

    def drawn(self, rng: np.random.Generator) -> Network:
        """A network of measured blocks, its operations and widths drawn."""
        ...

    def narrowest(self, *, operations: bool, filters: bool) -> Network:
        """The smallest network that pruning operations and filters, or one of them, can leave."""
        ...

    def dearest(self, *, filters: bool) -> Network:
        """Of each node the dearest operation alone, as narrow as pruning filters can make it."""
        ...

    def stage_ends(self, n_stages: int) -> tuple[int, ...]:
        """Nodes up to the end of each stage; perhaps fewer stages."""
        ...

    def n_prunable_weights(self, network: Network) -> int:
        """Weights of such a network that may be pruned one by one."""
        ...
