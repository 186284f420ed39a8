"""A space without what a device's compiler does not take."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hwnas.block import BLOCKS, block_to_json
from hwnas.block.activation import ACTIVATIONS
from hwnas.block.join import POOLS
from hwnas.errors import InvalidInputError
from hwnas.record import unknown_name
from hwnas.space import darts, nasbench201
from hwnas.space.protocol import Space
from hwnas.space.walk import all_blocks

KNOWN = tuple(dict.fromkeys((*nasbench201.OPTIONS, *darts.OPTIONS, *ACTIVATIONS, *POOLS, *BLOCKS)))
"""What spaces call their options, and blocks what they are made of."""


def without_operations(space: Space, refused: Sequence[str]) -> Space:
    """The space without the refused operations, named as spaces and blocks name them.

    An edge of a cell chooses among the others; of what every network has, such as an activation
    of ``hard_swish``, nothing can be left out.

    Raises:
        UnknownNameError: No space and no block has an operation of that name.
        InvalidInputError: No network of the space does without one of them.
    """
    for name in refused:
        if name not in KNOWN:
            raise unknown_name("refused operation", name, KNOWN)
    if not refused:
        return space
    offered: tuple[str, ...] = getattr(space, "operations", ())
    left = tuple(operation for operation in offered if operation not in refused)
    chooser: Any = space  # a frozen dataclass, as every space with operations is
    try:
        allowed: Space = replace(chooser, operations=left) if left != offered else space
    except ValueError as error:
        raise InvalidInputError(
            f"Without {', '.join(refused)}, which the device refuses, space {space.name!r} is "
            f"none: {error}. Name another --space."
        ) from error
    for block in all_blocks(allowed):
        found = [value for value in block_to_json(block).values() if value in refused]
        if found:
            raise InvalidInputError(
                f"Networks of space {space.name!r} have {found[0]}, which the device refuses. "
                "Name another --space, or a space file without it."
            )
    return allowed
