"""The cell space of NAS-Bench-201 (Dong and Yang, 2020): 6 edges among 4 nodes, 5 operations."""

import re

from hwnas.errors import InvalidInputError
from hwnas.space.architecture import Architecture, Decision

OPTIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""By their published names."""
OPTION_CLASSES = (
    ("nor_conv_1x1", "nor_conv_3x3"),
    ("none", "skip_connect", "avg_pool_3x3"),
)
"""With and without parameters."""
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
"""Target and source node, in the order of the published string."""
DECISIONS = tuple(Decision(f"edge{target}<-{source}", OPTIONS) for target, source in EDGES)


def architecture_from_string(text: str) -> Architecture:
    """Read the published encoding, such as ``|nor_conv_3x3~0|+|none~0|none~1|+|…~0|…~1|…~2|``.

    Raises:
        InvalidInputError: It is not six known operations in their places.
    """
    operations = tuple(re.findall(r"([^|~+]+)~\d", text))
    known = len(operations) == len(EDGES) and set(operations) <= set(OPTIONS)
    if not known or string_of(Architecture(operations)) != text:
        raise InvalidInputError(
            f"{text!r} is no NAS-Bench-201 cell. Write |A~0|+|B~0|C~1|+|D~0|E~1|F~2| with "
            f"operations out of {', '.join(OPTIONS)}."
        )
    return Architecture(operations)


def string_of(architecture: Architecture) -> str:
    """Write the published encoding."""
    nodes: dict[int, str] = {}
    for (target, source), operation in zip(EDGES, architecture.choices, strict=True):
        nodes[target] = f"{nodes.get(target, '|')}{operation}~{source}|"
    return "+".join(nodes.values())
