"""Blocks whose sizes lie between measured ones, priced without being timed."""

from collections.abc import Iterable
from dataclasses import replace
from math import log

from hwnas.block import BlockSpec, block_to_json, operators_of
from hwnas.measure import Measurement, Provenance
from hwnas.table import LatencyTable

SIZES = (
    "input_size",
    "in_channels",
    "hidden_channels",
    "out_channels",
    "even_channels",
    "odd_channels",
    "channels",
    "n_inputs",
    "n_classes",
)
"""Fields that may differ from a measured neighbour's; a kernel or an activation may not."""


def interpolated(table: LatencyTable, blocks: Iterable[BlockSpec]) -> LatencyTable:
    """The table with a row, labelled ``estimated``, for each missing block between two others.

    The neighbours are of the same kind with the same kernel, stride, expansion and activation; one
    is nowhere larger and the other nowhere smaller. Of several pairs the closest is taken, and
    between the two the latency grows with the multiply-accumulates, or the elements written where
    nothing is multiplied. A block that no pair encloses stays missing: nothing is extrapolated.
    """
    rows, neighbours = dict(table.rows), _Neighbours(table)
    for block in table.missing(blocks):
        row = neighbours.between(block)
        if row is not None:
            rows[block] = row
    return replace(table, rows=rows)


def interpolating(table: LatencyTable) -> LatencyTable:
    """The same, with a row for any block that measured ones enclose, made when it is asked for.

    For searches that ask for few of very many widths.
    """
    return replace(table, rows=_GrowingRows(table))


class _GrowingRows(dict[BlockSpec, Measurement]):
    """The rows of a table, and what lies between them."""

    def __init__(self, table: LatencyTable) -> None:
        super().__init__(table.rows)
        self._neighbours = _Neighbours(table)

    def __missing__(self, block: BlockSpec) -> Measurement:
        row = self._neighbours.between(block)
        if row is None:
            raise KeyError(block)
        self[block] = row
        return row


class _Neighbours:
    """The measured blocks of a table, by all but their sizes."""

    def __init__(self, table: LatencyTable) -> None:
        self._table = table
        self._alike: dict[tuple[object, ...], list[BlockSpec]] = {}
        for block in table.rows:
            self._alike.setdefault(_sameness(block), []).append(block)

    def between(self, block: BlockSpec) -> Measurement | None:
        """What the block takes by the closest two that enclose it; nothing if none do."""
        alike = self._alike.get(_sameness(block), [])
        lower = [other for other in alike if _fits_in(other, block)]
        higher = [other for other in alike if _fits_in(block, other)]
        pairs = [(low, high) for low in lower for high in higher if low != high]
        if not pairs:
            return None
        return self._mixed(
            block, *min(pairs, key=lambda p: _distance(p[0], block) + _distance(block, p[1]))
        )

    def _mixed(self, block: BlockSpec, low: BlockSpec, high: BlockSpec) -> Measurement:
        below, above = self._table[low], self._table[high]
        least, most = _work(low), _work(high)
        share = (_work(block) - least) / (most - least) if most > least else 0.5

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
    return (*rest, len(_sizes(block)), getattr(block, "has_residual", False))


def _sizes(block: BlockSpec) -> list[int]:
    """All of them; a size of each input counts as several."""
    row = block_to_json(block)
    told = (row[name] for name in SIZES if name in row)
    return [size for one in told for size in (one if isinstance(one, tuple) else (one,))]


def _work(block: BlockSpec) -> int:
    """Multiply-accumulates; where there are none, the elements that its operators give."""
    return block.n_macs or sum(op.gives.n_elements for op in operators_of(block))


def _fits_in(low: BlockSpec, high: BlockSpec) -> bool:
    """Whether no size of the first is larger."""
    return all(a <= b for a, b in zip(_sizes(low), _sizes(high), strict=True))


def _distance(low: BlockSpec, high: BlockSpec) -> float:
    """How many times larger, over all sizes, on a logarithmic scale."""
    return sum(log(b / a) for a, b in zip(_sizes(low), _sizes(high), strict=True))
