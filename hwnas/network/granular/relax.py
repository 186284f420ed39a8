"""What may be pruned becomes a relaxed network."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from hwnas.network.granular.cells import RelaxedCells
from hwnas.network.granular.chain import RelaxedChain
from hwnas.network.granular.gates import Granularity
from hwnas.network.granular.relaxed import Relaxed, Shape, seeded
from hwnas.space.prunable import Prunable, PrunableCells, PrunableChain

RELAXED: Mapping[type, Callable[[Any, Collection[Granularity], Shape | None], Relaxed]] = {
    PrunableChain: RelaxedChain,
    PrunableCells: RelaxedCells,
}


def relaxed(
    origin: Prunable, searched: Collection[Granularity], seed: int, shape: Shape | None = None
) -> Relaxed:
    """One with weights that the seed decides; as ``shape`` was told by an earlier one."""
    with seeded(seed):
        return RELAXED[type(origin)](origin, searched, shape)
