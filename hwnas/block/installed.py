"""Blocks of other packages, by the entry-point group ``hwnas.blocks``.

Such an entry names a ``BlockSpec`` that brings along what hwnas keeps for its own in catalogs:
``module``, the torch module as ``package.module:Class``, made of the spec alone;
``operators(reads)``; and, for a type that the space ``donna`` chooses among, ``layers(layer)``
and ``heeds`` (``hwnas.space.block_types``).
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from hwnas.block.spec import BlockSpec

GROUP = "hwnas.blocks"


@cache
def installed_blocks() -> Mapping[str, type[BlockSpec]]:
    """The specs of other packages by the names of their entries."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}
