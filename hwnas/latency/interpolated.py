"""Blocks whose sizes lie between measured ones, priced without being timed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import log

from hwnas.block import BlockSpec, block_to_json
from hwnas.measure import Measurement, Provenance
from hwnas.table import LatencyTable

SIZES = ("input_size", "in_channels", "out_channels", "hidden_channels", "n_classes")
"""Fields that may differ from a measured neighbour's; a kernel or an activation may not."""


def interpolated(table: LatencyTable, blocks: Iterable[BlockSpec]) -> LatencyTable:
    """The table with a row, labelled ``estimated``, for each missing block between two others.

    The neighbours are of the same kind with the same kernel, stride, expansion and activation; one
    is nowhere larger and the other nowhere smaller. Of several pairs the closest is taken, and
    between the two the latency grows with the multiply-accumulates. A block that no pair encloses
    stays missing: nothing is extrapolated.
    """
    rows = dict(table.rows)
    for block in table.missing(blocks):
        row = _between(table, block)
        if row is not None:
            rows[block] = row
    return replace(table, rows=rows)


def _between(table: LatencyTable, block: BlockSpec) -> Measurement | None:
    alike = [other for other in table.rows if _sameness(other) == _sameness(block)]
    pairs = [(low, high) for low in alike for high in alike if _encloses(low, block, high)]
    if not pairs:
        return None
    low, high = min(pairs, key=lambda pair: _distance(pair[0], block) + _distance(block, pair[1]))
    below, above = table[low], table[high]
    span = high.n_macs - low.n_macs
    share = (block.n_macs - low.n_macs) / span if span else 0.5

    def mix(name: str) -> float:
        return (1 - share) * float(getattr(below, name)) + share * float(getattr(above, name))

    return Measurement(
        median_ms=mix("median_ms"),
        p90_ms=mix("p90_ms"),
        min_ms=mix("min_ms"),
        mad_ms=mix("mad_ms"),
        n_runs=min(below.n_runs, above.n_runs),
        provenance=Provenance.ESTIMATED,
        settled=below.settled and above.settled,
    )


def _sameness(block: BlockSpec) -> tuple[object, ...]:
    """All but the sizes, and whether there is a residual, which costs time of its own."""
    row = block_to_json(block)
    rest = tuple(value for name, value in row.items() if name not in SIZES)
    return (*rest, getattr(block, "has_residual", False))


def _sizes(block: BlockSpec) -> Iterator[int]:
    row = block_to_json(block)
    return (row[name] for name in SIZES if name in row)


def _encloses(low: BlockSpec, block: BlockSpec, high: BlockSpec) -> bool:
    triples = zip(_sizes(low), _sizes(block), _sizes(high), strict=True)
    return all(a <= b <= c for a, b, c in triples) and low != high


def _distance(low: BlockSpec, high: BlockSpec) -> float:
    """How many times larger, over all sizes, on a logarithmic scale."""
    return sum(log(b / a) for a, b in zip(_sizes(low), _sizes(high), strict=True))
