"""A network's latency as the sum of its blocks, each without the cost of being called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.errors import TableError
from hwnas.table import LatencyTable

DISPATCH = DispatchSpec()


@dataclass(frozen=True)
class AdditiveModel:
    """Milliseconds from a table: every block carries one call of the engine, a network only one.

    ``ratio`` corrects the sum by what whole networks measured; 1 until one was. Ignores what
    operators do to each other's caches, which is why ``verify`` exists.
    """

    table: LatencyTable
    ratio: float = 1.0

    @property
    def constant_ms(self) -> float:
        """The one call."""
        return self.ratio * self.table[DISPATCH].median_ms

    def block_ms(self, block: BlockSpec) -> float:
        """What the block adds to a network; never negative.

        Raises:
            TableMissError: It was never measured.
        """
        return max(0.0, self.ratio * self.table[block].median_ms - self.constant_ms)

    def predict_ms(self, blocks: Sequence[BlockSpec]) -> float:
        """The network of these blocks."""
        return self.constant_ms + sum(self.block_ms(block) for block in blocks)

    def corrected(self, predicted_ms: float, measured_ms: float) -> "AdditiveModel":
        """The model that would have predicted what was measured.

        Raises:
            TableError: The prediction is zero, so no ratio exists.
        """
        if predicted_ms <= 0:
            raise TableError(
                f"The table predicts {predicted_ms} ms for a network that took {measured_ms} ms. "
                "Delete the table and profile again."
            )
        return replace(self, ratio=self.ratio * measured_ms / predicted_ms)
