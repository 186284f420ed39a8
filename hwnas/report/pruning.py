"""What pruning left, and what it went through, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from hwnas.train.mgas.history import Moment, StageMemory


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """Shares are of what the space has; of filters and weights, in what coarser pruning left.

    ``kept_parameters`` are the result's without the weights that were pruned alone, which stay in
    the file as zeros; ``compressed_bytes`` is what zlib makes of the deployed file.
    """

    granularities: tuple[str, ...]
    left: Mapping[str, float]
    kept_parameters: int
    n_zeros: int
    compressed_bytes: int
    compressed_float32_bytes: int
    moments: tuple[Moment, ...]
    memory: tuple[StageMemory, ...]
    all_at_once_bytes: int
    accuracies: Mapping[str, float]
    """Of the supernet at the end of each phase, on validation images."""

    @property
    def memory_share(self) -> float:
        """Of the phase that holds most, to a step of everything at once."""
        return max(phase.n_bytes for phase in self.memory) / self.all_at_once_bytes
