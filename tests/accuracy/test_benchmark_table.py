"""Published tables are read as they are, or refused with the reason."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.accuracy import BenchmarkTable, read_benchmark
from hwnas.errors import DataError, HwnasError, UnknownNameError
from hwnas.space import random_architecture
from hwnas.space.nasbench_macro import NasbenchMacroSpace

SHARED = Path(__file__).parents[2].parent / "shared/data"
MACRO = SHARED / "nas-bench-macro_cifar10.json"
CELLS = SHARED / "nasbench201_cifar10.csv.gz"
CELL = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
TWO = f"""index,arch_str,c10_test_200,c10_val_12,lat_ms_phone,lat_ms_board
0,{CELL},90.5,70.25,3.5,
1,{CELL.replace("3x3", "1x1")},80.5,60.25,2.5,7
"""


@pytest.fixture
def two(tmp_path: Path) -> BenchmarkTable:
    (tmp_path / "two.csv").write_text(TWO)
    return read_benchmark(tmp_path / "two.csv")


def refused(tmp_path: Path, content: bytes | str) -> str:
    path = tmp_path / "x.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        read_benchmark(path)
    return str(caught.value)


def test_all_networks_of_the_macro_space_are_published() -> None:
    if not MACRO.exists():
        pytest.skip(f"needs {MACRO.name}")
    table = read_benchmark(MACRO)
    assert table.space == "nasbench-macro" and len(set(table.architectures)) == 3**8
    drawn = random_architecture(NasbenchMacroSpace(), np.random.default_rng(0))
    assert drawn in table.architectures


def test_all_cells_are_published_with_eleven_devices() -> None:
    if not CELLS.exists():
        pytest.skip(f"needs {CELLS.name}")
    table = read_benchmark(CELLS)
    assert table.space == "nasbench201" and len(set(table.architectures)) == 5**6
    assert sum(column.startswith("lat_ms_") for column in table.columns) == 11


def test_columns_line_up_with_the_networks(two: BenchmarkTable) -> None:
    first, second = two.architectures
    assert two.values("c10_val_12") == {first: 70.25, second: 60.25}
    assert two.encoding.write(first) == CELL


def written(tmp_path: Path, content: str) -> BenchmarkTable:
    (tmp_path / "made.csv").write_text(content)
    return read_benchmark(tmp_path / "made.csv")


@pytest.mark.parametrize(
    ("cell", "found"),
    [("", "empty"), (" ", "empty"), ("nan", "'nan', no"), ("inf", "'inf', no"), ("x", "'x', no")],
)
def test_a_cell_that_is_asked_for_and_holds_no_number_is_named(
    tmp_path: Path, cell: str, found: str
) -> None:
    table = written(tmp_path, TWO.replace("60.25", cell))
    with pytest.raises(
        DataError, match=f"made.csv line 3: c10_val_12 is {found}.* Write a number"
    ):
        table.values("c10_val_12")


def test_cells_that_nobody_asks_for_need_no_numbers(tmp_path: Path) -> None:
    content = TWO.replace("index", "notes").replace("\n0,", "\nthe first,").replace("\n1,", "\n,")
    assert list(written(tmp_path, content).values("c10_val_12").values()) == [70.25, 60.25]


def test_an_empty_latency_is_named(two: BenchmarkTable) -> None:
    with pytest.raises(DataError, match=r"two\.csv line 2: lat_ms_board is empty"):
        two.latency_column("board")


def test_a_latency_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"line 3: lat_ms_phone is -2\.5, no latency\. Write a pos"
    ):
        written(tmp_path, TWO.replace("2.5,7", "-2.5,7")).latency_column("phone")


def test_blank_lines_and_the_mark_of_spreadsheets_are_passed_over(tmp_path: Path) -> None:
    table = written(
        tmp_path,
        "\ufeff"
        + TWO.replace("index,", "")
        .replace("0,|", "|", 1)
        .replace("1,|", "|", 1)
        .replace("\n|", "\n\n|")
        + "\n\n",
    )
    assert table.places == ("line 3", "line 5")


def test_a_macro_network_without_a_number_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"22212220": {"mean_acc": NaN}}')
    with pytest.raises(DataError, match=r"x\.json network 22212220: mean_acc is nan, no"):
        read_benchmark(tmp_path / "x.json").values("mean_acc")


def test_gzip_is_told_by_the_content(tmp_path: Path) -> None:
    path = tmp_path / "named-otherwise"
    path.write_bytes(gzip.compress(TWO.encode()))
    assert len(read_benchmark(path).architectures) == 2


@pytest.mark.parametrize("name", ["phone", "lat_ms_phone"])
def test_a_device_is_a_column_with_or_without_its_prefix(two: BenchmarkTable, name: str) -> None:
    assert two.latency_column(name) == "lat_ms_phone"


def test_an_unknown_device_is_told_the_nearest(two: BenchmarkTable) -> None:
    with pytest.raises(UnknownNameError, match=r"latency column of two.csv 'lat_ms_phon'; did"):
        two.latency_column("lat_ms_phon")


def test_a_table_without_latencies_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"0" * 8: {"mean_acc": 80.0}}))
    with pytest.raises(DataError, match="holds no latencies"):
        read_benchmark(path).latency_column("phone")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: No such file"):
        read_benchmark(tmp_path / "gone.csv")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    assert "Cannot read" in refused(tmp_path, gzip.compress(TWO.encode())[:-12])
    assert "Cannot read" in refused(tmp_path, b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is no benchmark table"),
        ("a,b\n1,2\n", "no column arch_str"),
        ("arch_str,c10_val_12\n", "a heading only"),
        (TWO + "2,x\n", "line 4 has 2 values, not 6"),
        (TWO.replace("c10_val_12", "c10_test_200"), "line 1: the column c10_test_200 stands"),
        ("\x00", "is no benchmark table"),
        ('arch_str,a\n"x', "line 2 is no CSV"),
        (
            TWO.replace("nor_conv_3x3", "conv"),
            "line 2: '.*' is no network of nasbench201. Correct",
        ),
        (TWO.replace("1x1", "3x3"), "stands in it twice"),
        ("{", "is no benchmark table"),
        ("{}", "it is empty"),
        ('{"22212220": {"acc": 1}}', "network 22212220: it has no mean_acc. Correct"),
        ('{"22212220": {"mean_acc": null}}', "mean_acc is null, not a number. Correct"),
        ('{"22212220": {"mean_acc": "93"}}', 'mean_acc is "93", not a number. Correct'),
        ('{"22212220": {"mean_acc": true}}', "mean_acc is true, not a number. Correct"),
        ('{"22212220": [93.1]}', "network 22212220: it has no mean_acc. Correct"),
        ('{"2221222": {"mean_acc": 90}}', "'2221222' is not eight digits of 0, 1 and 2. Name"),
        ('{"22212223": {"mean_acc": 90}}', "'22212223' is not eight digits of 0, 1 and 2. Name"),
        ('{"22212220": {"mean_acc": 1}, "22212220": {"mean_acc": 2}}', "22212220 stands in it tw"),
        ('{"22212220": ' + "[" * 99_999, "nested too deeply"),
    ],
)
def test_another_or_a_damaged_file_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(HwnasError, match=reason):
        read_benchmark(tmp_path / "x.csv")
