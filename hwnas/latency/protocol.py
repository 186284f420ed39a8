"""What every latency model says."""

from collections.abc import Sequence
from typing import Protocol

from hwnas.block import BlockSpec


class LatencyModel(Protocol):
    """Milliseconds of a network as a constant and one number a block, so that searches can sum."""

    @property
    def constant_ms(self) -> float:
        """What every network costs whatever its blocks."""
        ...

    def block_ms(self, block: BlockSpec) -> float:
        """What the block adds to a network; never negative.

        Raises:
            TableMissError: The model does not know it.
        """
        ...

    def n_estimated(self, blocks: Sequence[BlockSpec]) -> int:
        """How many of these blocks were not measured but interpolated."""
        ...

    def predict_ms(self, blocks: Sequence[BlockSpec]) -> float:
        """The network of these blocks."""
        ...
