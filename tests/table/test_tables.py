"""Tables at rest: whole, sorted, told apart by device and machine, honest about damage."""

from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.block import DispatchSpec, HeadSpec
from hwnas.device import DeviceSpec, Fingerprint, fingerprint
from hwnas.errors import TableError, TableMissError
from hwnas.measure import BLOCK_PLAN, Measurement, Provenance
from hwnas.table import (
    LatencyTable,
    TableHeader,
    append_row,
    find_table,
    read_table,
    table_name,
    table_path,
    write_table,
)

HEAD = HeadSpec(input_size=3, in_channels=8, hidden_channels=8, n_classes=4, activation="relu6")
ROW = Measurement(median_ms=0.5, p90_ms=0.75, min_ms=0.25, mad_ms=0.125, n_runs=9)


@pytest.fixture
def machine() -> Fingerprint:
    return fingerprint("simulated 1")


@pytest.fixture
def table(simulated: DeviceSpec, machine: Fingerprint) -> LatencyTable:
    header = TableHeader(
        device=simulated, plan=BLOCK_PLAN, fingerprint=machine, provenance=Provenance.SIMULATED
    )
    return LatencyTable(header, {HEAD: ROW, DispatchSpec(): ROW})


def test_a_table_reads_back_as_it_was_written(tmp_path: Path, table: LatencyTable) -> None:
    write_table(tmp_path / "t.jsonl", table)
    assert read_table(tmp_path / "t.jsonl") == table


def test_rows_are_written_in_order_whatever_order_they_came_in(
    tmp_path: Path, table: LatencyTable
) -> None:
    backwards = LatencyTable(table.header, dict(reversed(list(table.rows.items()))))
    write_table(tmp_path / "a.jsonl", table)
    write_table(tmp_path / "b.jsonl", backwards)
    assert (tmp_path / "a.jsonl").read_text() == (tmp_path / "b.jsonl").read_text()


def test_an_appended_row_is_read(tmp_path: Path, table: LatencyTable) -> None:
    path = tmp_path / "t.jsonl"
    write_table(path, LatencyTable(table.header, {}))
    append_row(path, HEAD, ROW)
    assert read_table(path)[HEAD] == ROW


def test_an_interrupted_append_is_left_out(tmp_path: Path, table: LatencyTable) -> None:
    path = tmp_path / "t.jsonl"
    write_table(path, table)
    path.write_text(path.read_text() + '{"block": {"kind": "he')
    assert read_table(path) == table


def damaged(path: Path, table: LatencyTable, line: str) -> Path:
    write_table(path, table)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], line, *lines[1:]]) + "\n")
    return path


@pytest.mark.parametrize(
    "line",
    ['{"block": {"kind"', "[]", '{"median_ms": 1}', '{"block": {"kind": "conv"}}', "null"],
)
def test_a_damaged_line_is_named_by_its_number(
    tmp_path: Path, table: LatencyTable, line: str
) -> None:
    with pytest.raises(TableError, match=r"t.jsonl line 2 .*profile again"):
        read_table(damaged(tmp_path / "t.jsonl", table, line))


@pytest.mark.parametrize("text", ["", "{}\n", '{"format": "other/1"}\n', "no json\n"])
def test_a_foreign_file_is_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(TableError, match=r"[Pp]rofile again"):
        read_table(tmp_path / "t.jsonl")


def test_a_miss_names_the_command_that_fills_it(table: LatencyTable) -> None:
    with pytest.raises(TableMissError, match="hwnas profile --device simulated --precision int8"):
        table[replace(HEAD, n_classes=5)]


def test_missing_blocks_come_once_and_in_order(table: LatencyTable) -> None:
    five, six = replace(HEAD, n_classes=5), replace(HEAD, n_classes=6)
    assert table.missing([six, HEAD, five, six]) == [six, five]


@pytest.mark.parametrize(
    "change",
    [{"threads": 2}, {"batch": 4}, {"precision": "float32"}, {"optimization_level": "basic"}],
)
def test_a_setting_that_changes_speed_owns_another_table(
    simulated: DeviceSpec, change: dict[str, object]
) -> None:
    assert table_name(replace(simulated, **change)) != table_name(simulated)  # type: ignore[arg-type]


def test_a_description_changes_no_table(simulated: DeviceSpec) -> None:
    assert table_name(replace(simulated, description="other")) == table_name(simulated)


def test_this_machines_table_is_found(
    simulated: DeviceSpec, machine: Fingerprint, table: LatencyTable
) -> None:
    write_table(table_path(simulated), table)
    assert find_table(simulated, machine) == (table, "")


def test_another_machines_table_is_passed_over_with_the_reason(
    simulated: DeviceSpec, machine: Fingerprint, table: LatencyTable
) -> None:
    write_table(table_path(simulated), table)
    found, why = find_table(simulated, replace(machine, cpu="another"))
    assert found is None
    assert "stale: cpu is 'another'" in why


def test_own_tables_go_before_shipped_ones(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    simulated: DeviceSpec,
    table: LatencyTable,
) -> None:
    monkeypatch.setattr("hwnas.table.store.shipped_folder", lambda name: tmp_path / "shipped")
    shipped = LatencyTable(table.header, {HEAD: ROW})
    write_table(tmp_path / "shipped" / table_name(simulated), shipped)
    machine = table.header.fingerprint
    assert find_table(simulated, machine)[0] == shipped
    write_table(table_path(simulated), table)
    assert find_table(simulated, machine)[0] == table
