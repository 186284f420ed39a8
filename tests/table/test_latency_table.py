"""A table answers what was measured and nothing else."""

from dataclasses import replace

import pytest

from hwnas.block import DispatchSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableMissError
from hwnas.table import LatencyTable, TableHeader

UNKNOWN = DispatchSpec(input_size=2)


def test_a_block_is_looked_up(table: LatencyTable) -> None:
    assert table[DispatchSpec()].median_ms == 5.0


def test_a_miss_names_the_block_and_the_command_that_fills_it(
    header: TableHeader, simulated: DeviceSpec
) -> None:
    float_header = replace(header, device=replace(simulated, precision="float32"))
    with pytest.raises(TableMissError) as raised:
        LatencyTable(float_header, {})[UNKNOWN]
    assert "DispatchSpec(input_size=2, in_channels=8) was never measured" in str(raised.value)
    assert "hwnas profile --device simulated --precision float32" in str(raised.value)


def test_a_header_says_what_differs(header: TableHeader) -> None:
    assert header.difference(fingerprint("simulated 1")) == ""
    assert header.difference(fingerprint("simulated 2")) == (
        "engine_version is 'simulated 2' and was 'simulated 1'"
    )


def test_missing_blocks_come_once_and_in_order(table: LatencyTable) -> None:
    other = replace(UNKNOWN, input_size=3)
    assert table.missing([UNKNOWN, DispatchSpec(), other, UNKNOWN]) == [UNKNOWN, other]
