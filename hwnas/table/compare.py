"""What changed between two tables: how they were made, their blocks, how fast those are."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from hwnas.block import BlockSpec
from hwnas.errors import TableError
from hwnas.measure import Measurement
from hwnas.table.latency_table import LatencyTable, TableHeader
from hwnas.table.store import speed_settings


@dataclass(frozen=True, kw_only=True)
class Change:
    """A block that both tables hold; ``ratio`` is the second median over the first."""

    block: BlockSpec
    before_ms: float
    after_ms: float
    ratio: float


@dataclass(frozen=True, kw_only=True)
class TableDiff:
    """From a first table to a second; ``changes`` are sorted by how much they changed.

    ``settings`` maps a dotted name such as ``fingerprint.governor`` to both values.
    ``median_ratio`` and ``ratio_spread`` (the quartile range) are unknown without common blocks.
    """

    settings: Mapping[str, tuple[Any, Any]]
    only_in_first: tuple[BlockSpec, ...]
    only_in_second: tuple[BlockSpec, ...]
    changes: tuple[Change, ...]
    median_ratio: float | None
    ratio_spread: float | None


def compare(first: LatencyTable, second: LatencyTable) -> TableDiff:
    """Hold two tables against each other, whatever devices they are of."""
    changes = [
        Change(
            block=block,
            before_ms=row.median_ms,
            after_ms=second.rows[block].median_ms,
            ratio=second.rows[block].median_ms / row.median_ms,
        )
        for block, row in first.rows.items()
        if block in second.rows
    ]
    ratios = np.array([change.ratio for change in changes])
    quartiles = np.quantile(ratios, (0.25, 0.5, 0.75)) if changes else None
    return TableDiff(
        settings=changed_settings(first.header, second.header),
        only_in_first=tuple(block for block in first.rows if block not in second.rows),
        only_in_second=tuple(block for block in second.rows if block not in first.rows),
        changes=tuple(sorted(changes, key=lambda c: -abs(np.log(c.ratio)))),
        median_ratio=None if quartiles is None else float(quartiles[1]),
        ratio_spread=None if quartiles is None else float(quartiles[2] - quartiles[0]),
    )


def changed_settings(first: TableHeader, second: TableHeader) -> dict[str, tuple[Any, Any]]:
    """Every value of the header that is not the same, by its dotted name; not what it found."""
    bare = (replace(header, quality=()) for header in (first, second))
    before, after = (dict(_flat(json.loads(json.dumps(asdict(h))))) for h in bare)
    return _changed(before, after)


def merged(tables: list[LatencyTable]) -> LatencyTable:
    """All rows of tables of one device on one machine; of two rows the surer one.

    The header keeps the widest tolerance, which every settled row is within, and the conditions
    of the last profile.

    Raises:
        TableError: Two of them differ in a setting that changes speed.
    """
    first = tables[0]
    rows, networks = dict(first.rows), dict(first.networks)
    for other in tables[1:]:
        for name, values in _changed(_origin(first.header), _origin(other.header)).items():
            raise TableError(
                f"{other.path} cannot join {first.path}: {name} is {values[1]!r} in the one "
                f"and {values[0]!r} in the other. Merge tables of one device and machine."
            )
        for key, row in other.rows.items():
            rows[key] = min(rows.get(key, row), row, key=_doubt)
        for network, row in other.networks.items():
            networks[network] = min(networks.get(network, row), row, key=_doubt)
    conditions = [t.header.conditions for t in tables if t.header.conditions is not None]
    header = replace(
        first.header,
        plan=max((table.header.plan for table in tables), key=lambda plan: plan.tolerance),
        conditions=max(conditions, key=lambda at: at.date, default=None),
        quality=(),  # what was said of one table's predictions need not hold for the mixture
    )
    return LatencyTable(header, rows, networks)


def _origin(header: TableHeader) -> dict[str, Any]:
    """All that must be the same for rows to stand in one table."""
    machine = asdict(header.fingerprint)
    return {**speed_settings(header.device), **machine, "provenance": str(header.provenance)}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    }


def _doubt(row: Measurement) -> tuple[bool, float]:
    """Unsettled rows last, then by the width of the interval."""
    return (not row.settled, float("inf") if row.half_interval is None else row.half_interval)


def _flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if not isinstance(values, dict):
        yield prefix, values
        return
    for key, value in values.items():
        yield from _flat(value, f"{prefix}.{key}" if prefix else key)
