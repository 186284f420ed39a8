"""Tables of versions 1 and 2 become tables of this one."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hwnas.device import DeviceSpec, Fingerprint, fingerprint, measuring_cpus
from hwnas.errors import TableError
from hwnas.table import LatencyTable, migrate, read_table, table_name, write_table

NEW_IN_A_ROW = ("n_rounds", "half_interval", "settled")
HERE = fingerprint("simulated 1")


def here(device: DeviceSpec) -> Fingerprint:
    return HERE


@pytest.fixture
def old(tmp_path: Path, table: LatencyTable) -> Path:
    """A table as version 1 wrote it."""
    path = tmp_path / "old.jsonl"
    write_table(path, table)
    header, *rows = (json.loads(line) for line in path.read_text().splitlines())
    machine = asdict(table.header.fingerprint)
    del machine["affinity"]
    header |= {"format": "hwnas-latency-table/1", "fingerprint": machine, "plan": {"min_runs": 50}}
    del header["conditions"], header["quality"]
    for row in rows:
        for name in NEW_IN_A_ROW:
            del row[name]
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *rows)))
    return path


def test_an_old_table_reads_only_after_it_is_migrated(old: Path, table: LatencyTable) -> None:
    with pytest.raises(TableError, match="Migrate it with: hwnas table migrate"):
        read_table(old)
    new, _ = migrate(old, here)
    found = read_table(new)
    assert {b: r.median_ms for b, r in found.rows.items()} == {
        b: r.median_ms for b, r in table.rows.items()
    }


def test_its_rows_are_to_be_timed_again(old: Path) -> None:
    new, _ = migrate(old, here)
    found = read_table(new)
    assert found.n_unsettled == len(found.rows)


def test_version_2_keeps_its_machine_and_is_timed_again(
    tmp_path: Path, table: LatencyTable
) -> None:
    path = tmp_path / "two.jsonl"
    write_table(path, table)
    path.write_text(path.read_text().replace("hwnas-latency-table/3", "hwnas-latency-table/2"))
    new, kept = migrate(path, here)
    found = read_table(new)
    assert kept.name == "two.jsonl.v2"
    assert found.header.fingerprint == table.header.fingerprint
    assert found.n_unsettled == len(found.rows) == len(table.rows)


def test_this_machine_s_table_is_found_again(old: Path, simulated: DeviceSpec) -> None:
    new, kept = migrate(old, here)
    assert read_table(new).header.fingerprint.affinity == tuple(measuring_cpus(1))
    assert new.name == table_name(simulated, HERE)
    assert kept.name == "old.jsonl.v1" and kept.is_file() and not old.exists()


def test_another_machine_s_affinity_is_not_invented(old: Path) -> None:
    new, _ = migrate(old, lambda _: replace(HERE, cpu="another"))
    assert read_table(new).header.fingerprint.affinity == ()


@pytest.mark.parametrize("text", ["", "{}\n", "garbage\n", '{"format": "hwnas-table/7"}\n'])
def test_what_is_no_old_table_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    with pytest.raises(TableError, match="line 1"):
        migrate(path, here)
    assert path.read_text() == text and [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_new_table_that_is_there_is_not_overwritten(old: Path, simulated: DeviceSpec) -> None:
    new = old.with_name(table_name(simulated, HERE))
    new.write_text("settled rows")
    before = old.read_text()
    with pytest.raises(TableError, match="which is there already and stays as it is"):
        migrate(old, here)
    assert new.read_text() == "settled rows" and old.read_text() == before


def test_another_old_table_that_was_kept_is_not_overwritten(old: Path) -> None:
    kept = old.with_name("old.jsonl.v1")
    kept.write_text("another")
    with pytest.raises(TableError, match="Move that away first"):
        migrate(old, here)
    assert kept.read_text() == "another" and old.exists()


def test_a_migration_that_was_cut_short_goes_on(old: Path) -> None:
    old.with_name("old.jsonl.v1").write_text(old.read_text())
    new, kept = migrate(old, here)
    assert new.is_file() and kept.is_file() and not old.exists()


def test_a_table_that_has_its_new_name_already_is_replaced(
    old: Path, simulated: DeviceSpec
) -> None:
    path = old.rename(old.with_name(table_name(simulated, HERE)))
    new, kept = migrate(path, here)
    assert new == path and read_table(new).n_unsettled and kept.is_file()


@pytest.mark.parametrize("line", ["{", "[]", '{"block": {"kind": "mbcnv"}}'])
def test_a_damaged_line_of_an_old_table_is_numbered(old: Path, line: str) -> None:
    lines = old.read_text().splitlines()
    lines[2] = line
    old.write_text("\n".join(lines) + "\n")
    with pytest.raises(TableError, match=r"old.jsonl line 3 is "):
        migrate(old, here)
    assert [path.name for path in old.parent.glob("old*")] == ["old.jsonl"]


def test_the_last_row_counts_without_its_end(old: Path, table: LatencyTable) -> None:
    old.write_text(old.read_text().removesuffix("\n"))
    new, _ = migrate(old, here)
    assert len(read_table(new).rows) == len(table.rows)
