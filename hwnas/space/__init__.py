"""Which architectures exist."""

from hwnas.space.architecture import Architecture, Decision
from hwnas.space.catalog import (
    SPACES,
    architecture_from_json,
    architecture_to_json,
    only_architecture,
    space_named,
)
from hwnas.space.plan import PRESETS
from hwnas.space.protocol import Space
from hwnas.space.walk import (
    PlacedBlock,
    all_blocks,
    all_placed_blocks,
    blocks_of,
    check_member,
    final_states,
    layers_of,
    placed_blocks_of,
    random_architecture,
    random_choices,
)

__all__ = [
    "PRESETS",
    "SPACES",
    "Architecture",
    "Decision",
    "PlacedBlock",
    "Space",
    "all_blocks",
    "all_placed_blocks",
    "architecture_from_json",
    "architecture_to_json",
    "blocks_of",
    "check_member",
    "final_states",
    "layers_of",
    "only_architecture",
    "placed_blocks_of",
    "random_architecture",
    "random_choices",
    "space_named",
]
