"""Which table is this device's on this machine."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hwnas.device import DeviceSpec, Peak, Recipe, fingerprint
from hwnas.errors import TableError
from hwnas.table import (
    LatencyTable,
    TableHeader,
    all_tables,
    find_table,
    own_folder,
    table_name,
    table_path,
    write_table,
)

HERE = fingerprint("simulated 1")
OTHER_SPEED: list[dict[str, Any]] = [
    {"name": "other"},
    {"engine": "onnxruntime"},
    {"provider": "OtherExecutionProvider"},
    {"optimization_level": "basic"},
    {"precision": "float32"},
    {"threads": 2},
    {"batch": 2},
    {"recipe": Recipe(per_channel=False)},
]
SAME_SPEED: list[dict[str, Any]] = [
    {"description": "another word"},
    {"recipe": Recipe(percentile=99.9, calibration="entropy", n_calibration_images=8)},
    {"peak": Peak(float32_macs_per_s=1, int8_macs_per_s=1, bytes_per_s=1)},
]


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr("hwnas.table.store.shipped_folder", lambda name: folder)
    return folder


def stale(table: LatencyTable) -> LatencyTable:
    header = replace(table.header, fingerprint=fingerprint("simulated 0"))
    return LatencyTable(header, table.rows)


def empty(header: TableHeader) -> LatencyTable:
    return LatencyTable(header, {})


@pytest.mark.parametrize("change", OTHER_SPEED, ids=str)
def test_what_changes_the_speed_changes_the_name(
    simulated: DeviceSpec, change: dict[str, Any]
) -> None:
    assert table_name(replace(simulated, **change), HERE) != table_name(simulated, HERE)


@pytest.mark.parametrize("change", SAME_SPEED, ids=str)
def test_what_does_not_change_the_speed_keeps_the_name(
    simulated: DeviceSpec, change: dict[str, Any]
) -> None:
    assert table_name(replace(simulated, **change), HERE) == table_name(simulated, HERE)


def test_a_recipe_for_integers_changes_no_float_table(simulated: DeviceSpec) -> None:
    float32 = replace(simulated, precision="float32")
    other = replace(float32, recipe=Recipe(per_channel=False))
    assert table_name(other, HERE) == table_name(float32, HERE)


@pytest.mark.parametrize("name", ["a/b", "../up", "with space"])
def test_a_name_never_leaves_the_folder(simulated: DeviceSpec, name: str) -> None:
    path = table_path(replace(simulated, name=name), HERE)
    assert path.resolve().parent == own_folder().resolve()


def test_the_environment_names_the_own_folder(own_tables: Path) -> None:
    assert own_folder() == own_tables


def test_a_folder_at_hand_holds_the_tables_of_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HWNAS_TABLES")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latency_tables").mkdir()
    assert own_folder().resolve() == tmp_path / "latency_tables"


def test_a_clone_does_not_write_to_the_tables_it_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Path
) -> None:
    monkeypatch.delenv("HWNAS_TABLES")
    monkeypatch.chdir(tmp_path)
    shipped.rename(tmp_path / "latency_tables")
    monkeypatch.setattr(
        "hwnas.table.store.shipped_folder", lambda name: tmp_path / "latency_tables"
    )
    assert own_folder().is_absolute() and own_folder().parent.name == "hwnas"


def test_without_one_the_user_s_data_folder_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HWNAS_TABLES")
    monkeypatch.chdir(tmp_path)
    assert own_folder().is_absolute() and own_folder().parent.name == "hwnas"


def test_nothing_measured_is_no_table(simulated: DeviceSpec, shipped: Path) -> None:
    assert find_table(simulated, HERE) == (None, "")


def test_a_stale_own_table_gives_way_to_a_shipped_one(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    write_table(table_path(simulated, HERE), stale(table))
    write_table(shipped / table_name(simulated, HERE), table)
    assert find_table(simulated, HERE)[0] == table


def test_a_damaged_table_is_not_passed_over(
    simulated: DeviceSpec, shipped: Path, own_tables: Path
) -> None:
    own_tables.mkdir()
    table_path(simulated, HERE).write_text("{\n")
    with pytest.raises(TableError, match="line 1"):
        find_table(simulated, HERE)


def test_all_tables_are_listed_own_ones_first(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    write_table(shipped / "a.jsonl", table)
    write_table(table_path(simulated, HERE), table)
    assert [path.name for path in all_tables()] == [table_name(simulated, HERE), "a.jsonl"]


def test_no_folder_holds_no_tables(shipped: Path) -> None:
    assert list(all_tables()) == []


def test_another_machines_table_is_passed_over_with_the_reason(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    write_table(table_path(simulated, HERE), table)
    found, why = find_table(simulated, replace(HERE, cpu="another"))
    assert found is None
    assert "stale: cpu is 'another'" in why


def test_a_table_found_beside_another_machine_s_is_no_reason_to_measure_anew(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    other = stale(table)
    write_table(table_path(simulated, other.header.fingerprint), other)
    write_table(shipped / table_name(simulated, HERE), table)
    assert find_table(simulated, HERE) == (table, "")


def test_the_table_that_a_profile_fills_goes_before_one_of_another_name(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    named = table_path(simulated, HERE)
    write_table(named, table)
    prefix = named.stem.rpartition("-")[0]
    write_table(named.with_name(f"{prefix}-000-merged.jsonl"), LatencyTable(table.header, {}))
    assert find_table(simulated, HERE)[0] == table
    named.unlink()
    found, _ = find_table(simulated, HERE)
    assert found is not None and not found.rows


def test_own_tables_go_before_shipped_ones(
    simulated: DeviceSpec, shipped: Path, table: LatencyTable
) -> None:
    other = LatencyTable(table.header, {})
    write_table(shipped / table_name(simulated, HERE), other)
    assert find_table(simulated, HERE)[0] == other
    write_table(table_path(simulated, HERE), table)
    assert find_table(simulated, HERE)[0] == table


def test_how_a_device_is_reached_names_no_other_table(simulated: DeviceSpec) -> None:
    far = replace(simulated, connection="ssh pi@board python3", timeout_s=9.0)
    assert table_name(far, HERE) == table_name(simulated, HERE)
    assert table_name(replace(far, clock="emulated"), HERE) != table_name(far, HERE)
    options = replace(far, provider_options={"device_id": "1"})
    assert table_name(options, HERE) != table_name(far, HERE)
