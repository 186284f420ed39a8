"""Sizes between measured ones."""

import itertools
from dataclasses import replace

import pytest

from hwnas.block import (
    AddSpec,
    BlockSpec,
    MBConvSpec,
    ScaleSpec,
    ThinSepConvSpec,
    UnevenConcatSpec,
)
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableMissError
from hwnas.latency import AdditiveModel, interpolated, interpolating
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.table import LatencyTable, TableHeader

NARROW = MBConvSpec(
    input_size=14,
    in_channels=32,
    out_channels=32,
    kernel_size=3,
    expansion=4,
    stride=1,
    activation="relu6",
)


def wide(channels: int) -> MBConvSpec:
    return replace(NARROW, in_channels=channels, out_channels=channels)


def added(n_inputs: int, channels: int) -> AddSpec:
    return AddSpec(input_size=4, in_channels=channels, n_inputs=n_inputs)


def concat(*channels: int) -> UnevenConcatSpec:
    return UnevenConcatSpec(input_size=4, channels=channels)


def separable(in_channels: int, hidden_channels: int, out_channels: int) -> ThinSepConvSpec:
    return ThinSepConvSpec(
        input_size=4,
        in_channels=in_channels,
        hidden_channels=hidden_channels,
        out_channels=out_channels,
        kernel_size=3,
        stride=1,
    )


def row(block: BlockSpec) -> Measurement:
    """A clock that counts multiply-accumulates."""
    ms = block.n_macs / 1e6
    return Measurement(median_ms=ms, p90_ms=2 * ms, min_ms=ms / 2, mad_ms=0, n_runs=9)


@pytest.fixture
def table(simulated: DeviceSpec) -> LatencyTable:
    header = TableHeader(
        device=simulated,
        plan=BLOCK_ROUNDS,
        fingerprint=fingerprint("simulated 1"),
        provenance=Provenance.SIMULATED,
    )
    measured = (wide(16), NARROW, wide(64), wide(128))
    return LatencyTable(header, {block: row(block) for block in measured})


@pytest.mark.parametrize("channels", [24, 40, 48, 96])
def test_a_size_between_is_priced_by_its_work(table: LatencyTable, channels: int) -> None:
    found = interpolated(table, [wide(channels)])[wide(channels)]
    assert found.median_ms == pytest.approx(wide(channels).n_macs / 1e6)
    assert found.provenance == Provenance.ESTIMATED


def test_the_closest_neighbours_are_asked(table: LatencyTable) -> None:
    rows = {**table.rows, wide(16): replace(table[wide(16)], median_ms=50.0, p90_ms=99.0)}
    found = interpolated(replace(table, rows=rows), [wide(48)])[wide(48)]
    assert found.median_ms == pytest.approx(wide(48).n_macs / 1e6)


@pytest.mark.parametrize(
    "beyond",
    [
        wide(8),
        wide(256),
        replace(wide(48), kernel_size=5),
        replace(wide(48), activation="relu"),
        replace(wide(48), stride=2),
        replace(wide(48), input_size=28),
        replace(NARROW, in_channels=40, out_channels=48),  # no residual
    ],
)
def test_nothing_is_extrapolated(table: LatencyTable, beyond: MBConvSpec) -> None:
    with pytest.raises(TableMissError):
        AdditiveModel(interpolated(table, [beyond])).block_ms(beyond)


@pytest.mark.parametrize(
    ("low", "high", "between", "share"),
    [
        (added(2, 8), added(6, 8), added(4, 8), 0.5),
        (added(2, 8), added(4, 16), added(3, 12), 16 / 40),
        (concat(8, 8), concat(24, 24), concat(8, 16), 8 / 32),
        (
            ScaleSpec(input_size=4, in_channels=8),
            ScaleSpec(input_size=4, in_channels=24),
            ScaleSpec(input_size=4, in_channels=16),
            0.5,
        ),
    ],
)
def test_what_multiplies_nothing_is_priced_by_what_it_writes(
    table: LatencyTable, low: BlockSpec, high: BlockSpec, between: BlockSpec, share: float
) -> None:
    rows = {low: replace(row(NARROW), median_ms=1.0), high: replace(row(NARROW), median_ms=2.0)}
    found = interpolated(replace(table, rows=rows), [between])[between]
    assert found.median_ms == pytest.approx(1 + share)


def test_three_widths_of_a_separable_convolution_are_enclosed(table: LatencyTable) -> None:
    sizes = itertools.product((8, 24), repeat=3)
    measured: list[BlockSpec] = [separable(*each) for each in sizes]
    rows = {each: row(each) for each in measured}
    block = separable(8, 16, 24)
    low, high = separable(8, 8, 24), separable(8, 24, 24)
    share = (block.n_macs - low.n_macs) / (high.n_macs - low.n_macs)
    found = interpolated(replace(table, rows=rows), [block])[block]
    enclosing = rows[low].median_ms, rows[high].median_ms
    assert found.median_ms == pytest.approx((1 - share) * enclosing[0] + share * enclosing[1])


def test_what_was_measured_stays(table: LatencyTable) -> None:
    assert interpolated(table, table.rows) == table


def test_rows_between_are_made_when_they_are_asked_for(table: LatencyTable) -> None:
    growing = interpolating(table)
    assert wide(40) not in growing.rows
    assert growing[wide(40)] == interpolated(table, [wide(40)])[wide(40)]


def test_nothing_is_made_beyond_the_measured_ones(table: LatencyTable) -> None:
    with pytest.raises(TableMissError):
        interpolating(table)[wide(200)]
