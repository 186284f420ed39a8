"""What a space's table must hold: every block, and a few whole networks."""

from dataclasses import dataclass

import numpy as np

from hwnas.block import BlockSpec
from hwnas.latency import DISPATCH
from hwnas.space import Network, Space, all_blocks, blocks_of, random_architecture
from hwnas.table import key_of

N_NETWORKS = 40
"""Whole networks that corrections are fitted on."""
SEED = 20_990_101
"""Of those networks; no seed that anyone would score a table with."""


@dataclass(frozen=True)
class Wanted:
    """Blocks and whole networks to be timed, and a label that no other set of blocks has."""

    label: str
    blocks: tuple[BlockSpec, ...]
    networks: tuple[Network, ...] = ()

    @property
    def needed(self) -> list[BlockSpec]:
        """The blocks, and the empty call that their sum is corrected by, first."""
        return [DISPATCH, *dict.fromkeys(self.blocks)]

    @property
    def reference(self) -> BlockSpec:
        """The block of middling size: whatever is at work on the machine slows it down too."""
        by_work = sorted(self.needed, key=lambda block: (block.n_macs, str(block)))
        return by_work[len(by_work) // 2]


def wanted_by(space: Space) -> Wanted:
    """All the blocks of a space, and networks drawn from it, the same each time."""
    rng = np.random.default_rng(SEED)
    drawn = (blocks_of(space, random_architecture(space, rng)) for _ in range(4 * N_NETWORKS))
    blocks = all_blocks(space)
    image = max((b for b in blocks if b.reads_image), key=lambda b: b.input_size)
    shape = f"{image.input_size}x{image.input_size}x{image.in_channels}"
    label = f"{space.name} at {shape} ({key_of(blocks)[:6]})"
    distinct = {network.blocks: network for network in drawn}  # others cost the same
    return Wanted(label, blocks, tuple(distinct.values())[:N_NETWORKS])
