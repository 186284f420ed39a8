"""Every line of a table reads back, or is refused by its number."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.block import DispatchSpec
from hwnas.errors import TableError
from hwnas.measure import Measurement
from hwnas.table import LatencyTable, TableHeader, read_table, write_table
from hwnas.table.file_format import OLDER

SECOND_DISPATCH = DispatchSpec(input_size=2)
MEASURED = Measurement(median_ms=0.5, p90_ms=0.75, min_ms=0.25, mad_ms=0.0, n_runs=3)

Rewrite = Callable[[Callable[[list[str]], None]], Path]
"""``rewrite(change)``: a good table's file after ``change`` was made to its lines."""


@pytest.fixture
def path(tmp_path: Path, table: LatencyTable) -> Path:
    path = tmp_path / "t.jsonl"
    write_table(path, table)
    return path


@pytest.fixture
def rewrite(path: Path) -> Rewrite:
    def apply(change: Callable[[list[str]], None]) -> Path:
        lines = path.read_text().splitlines()
        change(lines)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return apply


def changed(line: str, **values: object) -> str:
    return json.dumps(json.loads(line) | values)


def refusal(path: Path) -> str:
    with pytest.raises(TableError) as raised:
        read_table(path)
    return str(raised.value)


def test_every_kind_of_block_reads_back(path: Path, table: LatencyTable) -> None:
    assert read_table(path) == table


def test_rows_are_sorted(path: Path) -> None:
    rows = path.read_text().splitlines()[1:]
    assert rows == sorted(rows) and len(rows) == 5


def test_a_table_without_rows_reads_back(tmp_path: Path, header: TableHeader) -> None:
    write_table(tmp_path / "empty.jsonl", LatencyTable(header, {}))
    assert read_table(tmp_path / "empty.jsonl") == LatencyTable(header, {})


def test_times_are_kept_to_the_nanosecond(path: Path, table: LatencyTable) -> None:
    fine = Measurement(median_ms=0.1234564, p90_ms=1, min_ms=0.1, mad_ms=0, n_runs=3)
    write_table(path, replace(table, rows={SECOND_DISPATCH: fine}))
    assert read_table(path)[SECOND_DISPATCH].median_ms == 0.123456


def test_whole_networks_read_back_beside_the_rows(path: Path, table: LatencyTable) -> None:
    network = tuple(table.rows)
    write_table(path, replace(table, networks={network: MEASURED}))
    assert read_table(path).networks == {network: MEASURED}
    assert read_table(path).rows == table.rows


def test_a_network_that_is_no_list_is_named(rewrite: Rewrite) -> None:
    def spoil(lines: list[str]) -> None:
        row = json.loads(lines[2])
        lines[2] = json.dumps({**row, "block": None, "network": 7})

    assert "line 3 is no table row" in refusal(rewrite(spoil))


@pytest.mark.parametrize("older", OLDER)
def test_an_older_table_is_refused_with_the_command_that_migrates_it(
    rewrite: Rewrite, older: str
) -> None:
    def age(lines: list[str]) -> None:
        lines[0] = changed(lines[0], format=older)

    path = rewrite(age)
    assert f"hwnas table migrate {path}" in refusal(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\n"])
def test_what_is_no_text_or_no_line_names_the_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert str(path) in refusal(path)


def test_a_last_line_without_its_end_is_read(path: Path, table: LatencyTable) -> None:
    path.write_text(path.read_text().removesuffix("\n"))
    assert read_table(path) == table


def test_an_empty_file_has_no_header(path: Path) -> None:
    path.write_text("")
    assert "has no header line" in refusal(path)


def test_a_damaged_line_is_named_by_its_number(rewrite: Rewrite) -> None:
    def tear(lines: list[str]) -> None:
        lines[2] = lines[2][:30]

    message = refusal(rewrite(tear))
    assert "t.jsonl line 3 is truncated or damaged" in message
    assert "Delete that line" in message


def test_an_unknown_kind_of_block_is_named(rewrite: Rewrite) -> None:
    def rename(lines: list[str]) -> None:
        lines[1] = changed(lines[1], block={"kind": "mbcon", "input_size": 8})

    message = refusal(rewrite(rename))
    assert "line 2 is no table row" in message
    assert "did you mean 'mbconv'" in message


@pytest.mark.parametrize("block", [None, [], {"kind": "dispatch", "input_size": 0}, {}])
def test_a_row_without_a_usable_block_is_named(rewrite: Rewrite, block: object) -> None:
    def spoil(lines: list[str]) -> None:
        lines[4] = changed(lines[4], block=block)

    assert "line 5 is no table row" in refusal(rewrite(spoil))


@pytest.mark.parametrize(
    "values",
    [
        {"median_ms": -1.0},
        {"median_ms": "1"},
        {"n_runs": 2.5},
        {"provenance": "guessed"},
        {"half_interval": -0.1},
        {"n_rounds": 0},
    ],
)
def test_an_impossible_time_is_named(rewrite: Rewrite, values: dict[str, object]) -> None:
    def spoil(lines: list[str]) -> None:
        lines[1] = changed(lines[1], **values)

    assert "line 2 is no table row" in refusal(rewrite(spoil))


@pytest.mark.parametrize("value", ["hwnas-latency-table/0", "hwnas-latency-table/x", None, 1])
def test_another_format_is_refused(rewrite: Rewrite, value: object) -> None:
    def rename(lines: list[str]) -> None:
        lines[0] = changed(lines[0], format=value)

    assert "line 1 is not the header of a hwnas-latency-table/3" in refusal(rewrite(rename))


def test_a_table_of_a_newer_hwnas_asks_for_an_update(rewrite: Rewrite) -> None:
    def renew(lines: list[str]) -> None:
        lines[0] = changed(lines[0], format="hwnas-latency-table/4")

    message = refusal(rewrite(renew))
    assert "of a newer hwnas: its format is 4, and this hwnas reads those to 3." in message
    assert message.endswith("Update hwnas.")


@pytest.mark.parametrize("line", ["{", "[1]", "7", ""])
def test_a_damaged_header_is_not_to_be_deleted_alone(rewrite: Rewrite, line: str) -> None:
    def spoil(lines: list[str]) -> None:
        lines[0] = line

    message = refusal(rewrite(spoil))
    assert "line 1, the header, is damaged" in message and "Delete" not in message


@pytest.mark.parametrize("values", [{"median_ms": "1"}, {"median_ms": None}, {"block": None}])
def test_a_bad_row_has_one_next_step_in_plain_words(
    rewrite: Rewrite, values: dict[str, object]
) -> None:
    def spoil(lines: list[str]) -> None:
        lines[1] = changed(lines[1], **values)

    message = refusal(rewrite(spoil))
    assert message.endswith(". Delete that line and profile again.")
    assert not any(word in message for word in ("Correct", "float", "str", "None", "Measurement"))


def test_an_unknown_key_of_the_header_names_the_nearest(rewrite: Rewrite) -> None:
    def add(lines: list[str]) -> None:
        lines[0] = changed(lines[0], fingerprin={})

    message = refusal(rewrite(add))
    assert "did you mean 'fingerprint'" in message
    assert message.endswith("or move this one away and profile again.")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    assert "Cannot read the latency table" in refusal(tmp_path / "none.jsonl")
