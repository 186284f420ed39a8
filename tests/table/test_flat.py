"""Tables for spreadsheets, and back."""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.block import DispatchSpec
from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError, TableError
from hwnas.table import LatencyTable, read_csv, write_csv, write_parquet

HEAD = "kind,input_size,in_channels,median_ms\n"


def test_what_was_written_as_csv_reads_back(
    tmp_path: Path, table: LatencyTable, simulated: DeviceSpec
) -> None:
    write_csv(tmp_path / "t.csv", table)
    assert read_csv(tmp_path / "t.csv", simulated) == table.rows


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


def test_a_parquet_column_has_its_type_even_where_it_is_empty(
    tmp_path: Path, table: LatencyTable
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs hwnas[parquet]")
    write_parquet(tmp_path / "t.parquet", replace(table, rows={}))
    types = {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "t.parquet")}
    assert types["kernel_size"] == "int64" and types["half_interval"] == "double"
    assert types["settled"] == "bool" and types["precision"] == "string"


def test_without_pyarrow_parquet_says_how_to_install_it(
    tmp_path: Path, table: LatencyTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInputError, match=r"pip install 'hwnas\[parquet\]', or use --csv"):
        write_parquet(tmp_path / "t.parquet", table)
    assert not (tmp_path / "t.parquet").exists()


def test_what_a_spreadsheet_saved_is_read(tmp_path: Path, simulated: DeviceSpec) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(f"\ufeff{HEAD}dispatch,1,8.0,0.25\n".replace("\n", "\r\n").encode())
    ((block, _),) = read_csv(path, simulated).items()
    assert block == DispatchSpec()


def test_a_latency_alone_is_a_row_that_is_not_settled(
    tmp_path: Path, simulated: DeviceSpec
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("kind,input_size,in_channels,median_ms\ndispatch,1,8,0.25\n")
    ((block, row),) = read_csv(path, simulated).items()
    assert (block.kind, row.median_ms, row.p90_ms, row.settled) == ("dispatch", 0.25, 0.25, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows with the columns kind and median_ms"),
        ("a,b\n1,2\n", "no rows with the columns kind and median_ms"),
        ("kind,median_ms\nmbcnv,1\n", "line 2 is no table row.*did you mean 'mbconv'"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,0.5\ndispatch,2,8,-1\n", "line 3"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,fast\n", "line 2.*'fast'"),
        ("kind,input_size,in_channels,median_ms\ndispatch,1,8,\n", "line 2.*no median_ms"),
        (f"{HEAD}dispatch,1,8,inf\n", "line 2.*median_ms is 'inf', no finite number"),
        (f"{HEAD}dispatch,1,8.5,1\n", "line 2.*in_channels is '8.5', no whole number"),
        (f"{HEAD}dispatch,1,8,1,9\n", "line 2.*5 cells under 4 columns"),
        (f"{HEAD}dispatch,1,8,1\ndispatch,1\n", "line 3.*2 cells under 4 columns"),
        (f"{HEAD}\n\ndispatch,1,8,1\n\ndispatch,1,8,2\n", "line 6.*earlier line has the same"),
        ("kind,se_ration,median_ms\nmbconv,0.25,1\n", "line 1.*did you mean 'se_ratio'"),
        ("kind,kind,median_ms\nmbconv,mbconv,1\n", "line 1 has the column 'kind' twice"),
        (f"threads,{HEAD}4,dispatch,1,8,1\n", "of threads 4, the device of 1.*--threads 4"),
        (f"precision,{HEAD}float32,dispatch,1,8,1\n", "with: --precision float32"),
        (f"settled,{HEAD}perhaps,dispatch,1,8,1\n", "settled is 'perhaps', no true or false"),
    ],
)
def test_a_wrong_file_or_line_is_named(
    tmp_path: Path, simulated: DeviceSpec, text: str, said: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=said):
        read_csv(path, simulated)
