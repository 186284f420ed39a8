"""A small table of the simulated device."""

import pytest

from hwnas.block import BlockSpec, ConvSpec, DispatchSpec, HeadSpec, MBConvSpec, StemSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.measure import BLOCK_ROUNDS, Measurement, Provenance
from hwnas.table import LatencyTable, TableHeader

BLOCKS: tuple[BlockSpec, ...] = (
    StemSpec(
        input_size=8, in_channels=1, out_channels=8, kernel_size=3, stride=1, activation="relu6"
    ),
    MBConvSpec(
        input_size=8,
        in_channels=8,
        out_channels=16,
        kernel_size=5,
        expansion=3,
        stride=2,
        activation="hard_swish",
        se_ratio=0.25,
    ),
    ConvSpec(
        input_size=4, in_channels=16, out_channels=8, kernel_size=1, stride=1, activation="none"
    ),
    HeadSpec(input_size=4, in_channels=8, hidden_channels=32, n_classes=10, activation="relu"),
    DispatchSpec(),
)


def measured(median_ms: float) -> Measurement:
    return Measurement(
        median_ms=median_ms,
        p90_ms=median_ms * 1.25,
        min_ms=median_ms / 2,
        mad_ms=0.001,
        n_runs=60,
        provenance=Provenance.SIMULATED,
    )


@pytest.fixture
def header(simulated: DeviceSpec) -> TableHeader:
    return TableHeader(
        device=simulated,
        plan=BLOCK_ROUNDS,
        fingerprint=fingerprint("simulated 1"),
        provenance=Provenance.SIMULATED,
    )


@pytest.fixture
def table(header: TableHeader) -> LatencyTable:
    """One row of every kind of block; the first takes 1 ms, the next 2."""
    return LatencyTable(header, {b: measured(float(i)) for i, b in enumerate(BLOCKS, start=1)})
