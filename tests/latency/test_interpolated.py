"""Sizes between measured ones."""

from dataclasses import replace

import pytest

from hwnas.block import BlockSpec, MBConvSpec
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


def test_what_was_measured_stays(table: LatencyTable) -> None:
    assert interpolated(table, table.rows) == table


def test_rows_between_are_made_when_they_are_asked_for(table: LatencyTable) -> None:
    growing = interpolating(table)
    assert wide(40) not in growing.rows
    assert growing[wide(40)] == interpolated(table, [wide(40)])[wide(40)]


def test_nothing_is_made_beyond_the_measured_ones(table: LatencyTable) -> None:
    with pytest.raises(TableMissError):
        interpolating(table)[wide(200)]
