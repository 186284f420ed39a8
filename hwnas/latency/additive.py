"""A network's latency as the sum of its blocks, each without the cost of being called."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.measure import Provenance
from hwnas.table import LatencyTable

DISPATCH = DispatchSpec()


@dataclass(frozen=True)
class AdditiveModel:
    """Milliseconds from a table: every block carries one call of the engine, a network only one.

    Ignores what operators do to each other's caches, which is why ``verify`` exists.
    """

    table: LatencyTable

    @property
    def constant_ms(self) -> float:
        """The one call."""
        return self.table[DISPATCH].median_ms

    def block_ms(self, block: BlockSpec) -> float:
        """What the block adds to a network; never negative.

        Raises:
            TableMissError: It was never measured.
        """
        return max(0.0, self.table[block].median_ms - self.constant_ms)

    def n_estimated(self, blocks: Sequence[BlockSpec]) -> int:
        """How many of these blocks were not measured but interpolated."""
        if self.table.header.provenance == Provenance.ESTIMATED:
            return 0  # as all are
        return sum(self.table[block].provenance == Provenance.ESTIMATED for block in blocks)

    def predict_ms(self, blocks: Sequence[BlockSpec]) -> float:
        """The network of these blocks."""
        return self.constant_ms + sum(self.block_ms(block) for block in blocks)
