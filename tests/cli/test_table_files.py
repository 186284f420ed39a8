"""``hwnas table``'s commands on files, from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Refused = Callable[..., str]

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
    assert plain["settings"]["fingerprint.cpu"][1] == "imported from flat.csv"


def test_an_imported_table_is_not_this_machine_s(command: Command, tmp_path: Path) -> None:
    (tmp_path / "phone.csv").write_text(CSV)
    assert command("table", "import", tmp_path / "phone.csv").code == 0
    shown = command("table", "list").output
    assert "imported from phone.csv" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff", "{table}", "nothing"), "No latency table 'nothing'"),
        (("diff", "{table}", "none.jsonl"), "Cannot read the latency table none.jsonl"),
        (("merge", "{table}", "--out", "x.jsonl"), "merges with nothing. Name two or more."),
        (("export", "{table}"), "Give --csv FILE or --parquet FILE."),
        (("import", "table.xls"), "table.xls is neither .yaml nor .csv."),
        (("import", "none.csv"), "Cannot read none.csv"),
        (("import", "none.yaml"), "Cannot read none.yaml"),
        (("migrate", "none.jsonl"), "Cannot migrate none.jsonl"),
        (("migrate", "{table}"), "not 'hwnas-latency-table/1'"),
        (("show", "{table}", "--space", "mobilnet"), "did you mean 'mobilenet'?"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    refused: Refused, table: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused("table", *(part.format(table=table) for part in arguments))
