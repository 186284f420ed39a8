"""Which architectures exist."""

from hwnas.space.allowed import without_operations
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.attributes import (
    LATER_BLOCKS,
    MEANS,
    RESOLUTION,
    Attribute,
    Attributes,
    HasAttributes,
    OptionsAsAttributes,
    attributes_from,
    attributes_of,
)
from hwnas.space.catalog import (
    SPACES,
    architecture_from_json,
    architecture_to_json,
    only_architecture,
    space_from_json,
    space_named,
)
from hwnas.space.darts_cells import (
    NO_CELL_LIMITS,
    CellLimits,
    generated_space,
    kept_classes,
    worth,
)
from hwnas.space.distance import (
    DISTANCES,
    Distance,
    HasOptionClasses,
    distance_named,
    group_distance,
    hamming_distance,
)
from hwnas.space.extremes import cheapest, dearest
from hwnas.space.parts import Part, Parts, parts_of
from hwnas.space.plan import PRESETS
from hwnas.space.protocol import NOWHERE, Space
from hwnas.space.walk import (
    all_blocks,
    all_placed_blocks,
    blocks_in,
    blocks_of,
    check_member,
    final_states,
    is_member,
    layers_of,
    random_architecture,
    random_choices,
)
from hwnas.space.wiring import IMAGE, Network, PlacedBlock, Places, Wire, as_network, wired

__all__ = [
    "DISTANCES",
    "IMAGE",
    "LATER_BLOCKS",
    "MEANS",
    "NOWHERE",
    "NO_CELL_LIMITS",
    "PRESETS",
    "RESOLUTION",
    "SPACES",
    "Architecture",
    "Attribute",
    "Attributes",
    "CellLimits",
    "Decision",
    "Distance",
    "HasAttributes",
    "HasOptionClasses",
    "Network",
    "OptionsAsAttributes",
    "Part",
    "Parts",
    "PlacedBlock",
    "Places",
    "Space",
    "Wire",
    "all_blocks",
    "all_placed_blocks",
    "architecture_from_json",
    "architecture_to_json",
    "as_network",
    "attributes_from",
    "attributes_of",
    "blocks_in",
    "blocks_of",
    "cheapest",
    "check_member",
    "dearest",
    "distance_named",
    "final_states",
    "generated_space",
    "group_distance",
    "hamming_distance",
    "is_member",
    "kept_classes",
    "layers_of",
    "only_architecture",
    "parts_of",
    "random_architecture",
    "random_choices",
    "space_from_json",
    "space_named",
    "wired",
    "without_operations",
    "worth",
]
