"""What a network is made of where an engine neither shares nor leaves out any of it.

``blocks_of`` tells what an optimizing engine runs. Published latencies were mostly taken of
networks that run every edge of a cell, read or not.
"""

from collections import Counter
from typing import NamedTuple, Protocol, runtime_checkable

from hwnas.block import BlockSpec
from hwnas.space.architecture import Architecture
from hwnas.space.protocol import Space
from hwnas.space.walk import blocks_of, check_member


class Part(NamedTuple):
    """A block of a network, and whether its logits depend on what the block gives."""

    block: BlockSpec
    is_read: bool = True


Parts = Counter[Part]


@runtime_checkable
class HasUnsharedParts(Protocol):
    """What a space of cells may say beside the walk: every edge with blocks of its own."""

    def unshared_parts(self, architecture: Architecture) -> Parts:
        """How often each part is there."""
        ...


def parts_of(space: Space, architecture: Architecture) -> Parts:
    """How often each part is there.

    Raises:
        InvalidInputError: The architecture does not belong to the space.
    """
    check_member(space, architecture)
    if isinstance(space, HasUnsharedParts):
        return space.unshared_parts(architecture)
    return Parts(map(Part, blocks_of(space, architecture)))
