"""Blocks of other packages, by the entry-point group ``hwnas.blocks``.

Such an entry names a ``BlockSpec`` that brings along what hwnas keeps for its own in catalogs:
``module``, the torch module as ``package.module:Class``, made of the spec alone;
``operators(reads)``; and, for a type that the space ``donna`` chooses among, ``layers(layer)``
and ``heeds`` (``hwnas.space.block_types``).
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hwnas.block.spec import BlockSpec

GROUP = "hwnas.blocks"
OF_ANY = ("kind", "module", "operators")
OF_A_TYPE = (*OF_ANY, "layers", "heeds")
"""What hwnas asks of a spec; and of one that ``donna`` chooses among."""


def installed_blocks(needs: tuple[str, ...] = OF_ANY) -> Mapping[str, type[BlockSpec]]:
    """The specs of other packages that can be used, by the names of their entries."""
    return {name: spec for name, spec in _loaded().items() if not _lacks(spec, needs)}


def unusable_blocks(needs: tuple[str, ...] = OF_ANY) -> str:
    """A sentence for each entry that is installed and cannot be used; none is empty."""
    lacking = {name: _lacks(spec, needs) for name, spec in _loaded().items()}
    return " ".join(
        f"{name!r} is installed, and cannot be used here: {why}."
        for name, why in lacking.items()
        if why
    )


@cache
def _loaded() -> Mapping[str, Any]:
    """Each entry's spec, or the error that its package raised: that is no bug of hwnas."""
    return {entry.name: _load(entry) for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> Any:  # noqa: ANN401
    try:
        return entry.load()
    except Exception as error:  # noqa: BLE001
        return error


def _lacks(spec: Any, needs: tuple[str, ...]) -> str:  # noqa: ANN401
    """Why it cannot be used, or nothing."""
    if isinstance(spec, Exception):
        return f"{type(spec).__name__}: {spec}"
    lacking = [need for need in needs if not hasattr(spec, need)]
    return f"it has no {' and no '.join(lacking)}" if lacking else ""
