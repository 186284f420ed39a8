"""Tables for spreadsheets, and back."""

import csv
from pathlib import Path

import pytest

from hwnas.errors import TableError
from hwnas.table import LatencyTable, read_csv, write_csv, write_parquet


def test_what_was_written_as_csv_reads_back(tmp_path: Path, table: LatencyTable) -> None:
    write_csv(tmp_path / "t.csv", table)
    assert read_csv(tmp_path / "t.csv") == table.rows


def test_every_row_tells_its_device(tmp_path: Path, table: LatencyTable) -> None:
    write_csv(tmp_path / "t.csv", table)
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()))
    assert {(row["device"], row["precision"], row["threads"]) for row in rows} == {
        ("simulated", "int8", "1")
    }


def test_parquet_holds_the_same(tmp_path: Path, table: LatencyTable) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs hwnas[parquet]")
    write_parquet(tmp_path / "t.parquet", table)
    rows = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert sorted(row["median_ms"] for row in rows) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert {row["kind"] for row in rows} == {block.kind for block in table.rows}


def test_a_latency_alone_is_a_row_that_is_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("kind,input_size,in_channels,median_ms\ndispatch,1,8,0.25\n")
    ((block, row),) = read_csv(path).items()
    assert (block.kind, row.median_ms, row.p90_ms, row.settled) == ("dispatch", 0.25, 0.25, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows with the columns kind and median_ms"),
        ("a,b\n1,2\n", "no rows with the columns kind and median_ms"),
        ("kind,median_ms\nmbcnv,1\n", "line 2 is no table row.*did you mean 'mbconv'"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,0.5\ndispatch,2,8,-1\n", "line 3"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,fast\n", "line 2.*'fast'"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,\n", "line 2 is no table row"),
    ],
)
def test_a_wrong_file_or_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=said):
        read_csv(path)
