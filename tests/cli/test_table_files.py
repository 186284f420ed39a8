"""``hwnas table``'s commands on files, from the command line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Refused = Callable[..., str]

OLD = Path(__file__).parents[1] / "table" / "version_1.jsonl"

CSV = "kind,input_size,in_channels,median_ms\ndispatch,1,8,0.25\ndispatch,2,8,0.5\n"


def test_a_table_is_compared_with_itself(command: Command, table: Path) -> None:
    ending = command("table", "diff", table.stem, table)
    assert ending.code == 0
    assert "0 only in the first, 0 only in the second" in ending.output
    assert "takes 1.0000 times the first in median" in ending.output
    plain = json.loads(command("table", "diff", table, table, "--json").output)
    assert plain["median_ratio"] == 1 and plain["settings"] == {}


def test_merge_export_and_import_make_a_round(
    command: Command, table: Path, tmp_path: Path
) -> None:
    both, flat = tmp_path / "both.jsonl", tmp_path / "flat.csv"
    assert command("table", "merge", table, table, "--out", both).code == 0
    assert command("table", "export", both, "--csv", flat).code == 0
    ending = command("table", "import", flat, "--device", "x86-cpu")
    assert ending.code == 0
    imported = Path(ending.output.split(" lie in ")[1].strip())
    assert imported.parent == table.parent
    plain = json.loads(command("table", "diff", both, imported, "--json").output)
    assert plain["median_ratio"] == 1 and not plain["only_in_first"]
    assert plain["settings"]["fingerprint.cpu"][1].startswith("imported from flat.csv (")


def test_an_imported_table_is_not_this_machine_s(command: Command, tmp_path: Path) -> None:
    (tmp_path / "phone.csv").write_text(CSV)
    assert command("table", "import", tmp_path / "phone.csv").code == 0
    shown = command("table", "list").output
    assert "imported from phone.csv" in shown


def test_an_imported_row_may_not_be_quoted_as_measured(command: Command, tmp_path: Path) -> None:
    (tmp_path / "phone.csv").write_text(f"provenance,{CSV}".replace("\nd", "\nmeasured,d"))
    path = command("table", "import", "phone.csv").output.split(" lie in ")[1].strip()
    shown = json.loads(command("table", "show", path, "--json").output)
    assert shown["header"]["provenance"] == "imported" and shown["header"]["conditions"] is None
    assert {row["provenance"] for row in shown["rows"]} == {"imported"}


def test_what_was_simulated_stays_so_when_it_is_imported(
    command: Command, table: Path, tmp_path: Path
) -> None:
    command("table", "export", table, "--csv", "flat.csv")
    imported = command("table", "import", "flat.csv").output.split(" lie in ")[1].strip()
    shown = json.loads(command("table", "show", imported, "--json").output)
    assert {row["provenance"] for row in shown["rows"]} == {"simulated"}


def test_two_files_of_one_name_make_two_tables(command: Command, tmp_path: Path) -> None:
    paths = set()
    for text in (CSV, CSV.replace("0.25", "0.75")):
        (tmp_path / "phone.csv").write_text(text)
        paths.add(command("table", "import", "phone.csv").output.split(" lie in ")[1].strip())
    assert len(paths) == 2 and all(Path(path).is_file() for path in paths)


def test_keys_that_are_no_block_are_counted_with_an_example(
    command: Command, tmp_path: Path
) -> None:
    stem = "Conv-input:8x8x3-output:4x4x8: {mean: 1}"
    (tmp_path / "t.yaml").write_text(f"{stem}\nSoftmax-input:1: {{mean: 1}}\nb: 1\n")
    ending = command("table", "import", "t.yaml", "--precision", "float32")
    assert ending.output.startswith("1 blocks lie in ")
    assert "2 of the keys, such as 'Softmax-input:1'." in ending.errors


def test_an_imported_table_is_not_to_be_profiled_further(command: Command, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("Conv-input:8x8x3-output:4x4x8: {mean: 1}")
    path = command("table", "import", "t.yaml").output.split(" lie in ")[1].strip()
    shape = ("--input-size", "8", "--channels", "1", "--classes", "10")
    shown = command("table", "show", path, "--space", "nasbench-macro", *shape).output
    assert "The others were not in what was imported" in shown and "hwnas profile" not in shown


def test_the_rows_shown_changed_and_are_as_many_as_asked_for(
    command: Command, table: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    lines = table.read_text().splitlines()
    row = json.loads(lines[1])
    row |= {name: 2 * row[name] for name in ("min_ms", "median_ms", "p90_ms")}
    other.write_text("\n".join([lines[0], json.dumps(row), *lines[2:]]) + "\n")
    assert "changed most" in command("table", "diff", table, other, "--rows", "1").output
    assert "changed most" not in command("table", "diff", table, other, "--rows", "0").output
    assert "changed most" not in command("table", "diff", table, table, "--rows", "1").output


def test_an_old_table_is_migrated_once(command: Command, tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    old.write_text(OLD.read_text())
    ending = command("table", "migrate", old)
    assert ending.code == 0 and "old.jsonl.v1" in ending.output
    assert (tmp_path / "old.jsonl.v1").read_text() == OLD.read_text()
    (new,) = tmp_path.glob("*.jsonl")
    shown = json.loads(command("table", "show", new, "--json").output)
    assert [row["settled"] for row in shown["rows"]] == [False] * 5


def test_an_old_table_is_migrated_by_its_name(command: Command, own_tables: Path) -> None:
    own_tables.mkdir(exist_ok=True)
    (own_tables / "mine.jsonl").write_text(OLD.read_text())
    ending = command("table", "migrate", "mine")
    assert ending.code == 0 and (own_tables / "mine.jsonl.v1").is_file()


def test_a_row_of_an_old_table_that_is_damaged_is_named(refused: Refused, tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    old.write_text(OLD.read_text().replace('"conv"', '"conf"'))
    assert f"{old} line 2 is no table row" in refused("table", "migrate", old)


def test_parquet_without_pyarrow_is_told_in_a_sentence(
    refused: Refused, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = refused("table", "export", table, "--parquet", "t.parquet")
    assert message.startswith("Parquet needs pyarrow.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff", "{table}", "nothing"), "No latency table 'nothing'"),
        (("diff", "{table}", "none.jsonl"), "Cannot read the latency table none.jsonl"),
        (("merge", "{table}", "--out", "x.jsonl"), "merges with nothing. Name two or more."),
        (("merge", "{table}", "{table}", "--out", "x.csv"), "ends in .jsonl, got --out x.csv"),
        (("merge", "{table}", "{table}", "--out", "{table}/x.jsonl"), "another place with --out"),
        (("diff", "{table}", "{table}", "--rows", "-1"), "-1"),
        (("export", "none.jsonl", "--csv", "x.csv"), "Cannot read the latency table none.jsonl"),
        (("export", "{table}", "--csv", "{table}/x.csv"), "Name another file."),
        (("import", "none.csv", "--device", "nothing"), "No device 'nothing'"),
        (("import", "none.csv", "--threads", "0"), "threads must be at least 1, got 0"),
        (("export", "{table}"), "Give --csv FILE or --parquet FILE."),
        (("import", "table.xls"), "table.xls is neither .yaml nor .csv."),
        (("import", "none.csv"), "Cannot read none.csv"),
        (("import", "none.yaml"), "Cannot read none.yaml"),
        (("migrate", "none.jsonl"), "Cannot migrate none.jsonl"),
        (("migrate", "{table}"), "of this hwnas already. Use it as it is."),
        (("migrate", "nothing"), "No latency table 'nothing'"),
        (("show", "P/x.json"), "P/x.json is no latency table, whose file ends in .jsonl."),
        (("show", "{table}", "--space", "mobilnet"), "did you mean 'mobilenet'?"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    refused: Refused, table: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused("table", *(part.format(table=table) for part in arguments))


def test_an_export_does_not_replace_the_table_it_reads(
    refused: Refused, table: Path, tmp_path: Path
) -> None:
    before = table.read_text()
    assert "Name others" in refused("table", "export", table, "--csv", table)
    twice = ("--csv", tmp_path / "x", "--parquet", tmp_path / "x")
    assert "Name others" in refused("table", "export", table, *twice)
    assert table.read_text() == before and not (tmp_path / "x").exists()


def test_a_merge_does_not_replace_a_table_it_does_not_join(
    refused: Refused, command: Command, table: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text("precious")
    message = refused("table", "merge", table, table, "--out", other)
    assert "is there already and not among" in message and other.read_text() == "precious"
    assert command("table", "merge", table, table, "--out", table).code == 0
