"""What pruning went through, as plain values for a result and its pictures."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What was left after an epoch; shares are of what the space has, by granularity and stage."""

    phase: str
    epoch: int
    cross_entropy: float
    strength: float
    cost: float
    """Of the limit that is nearest, 1 where it is just kept; of the whole network."""
    left: Mapping[str, tuple[float, ...]]
    """Granularity to the share that is left of each stage, the head with the last."""


@dataclass(frozen=True, kw_only=True)
class StageMemory:
    """Bytes that a training step holds for its backward pass as a phase begins."""

    phase: str
    n_bytes: int


@dataclass(frozen=True, kw_only=True)
class History:
    """All moments, the memory of each phase, and of a step of every operation at once."""

    moments: tuple[Moment, ...]
    memory: tuple[StageMemory, ...]
    all_at_once_bytes: int
    accuracies: Mapping[str, float]
    """Phase to validation accuracy at its end, of the supernet as it is then."""
