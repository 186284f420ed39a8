"""``hwnas search --accuracy``: one whole search on a table, and what does not go with it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hwnas
from hwnas.pipeline.tabular import N_QUERIES
from hwnas.space.nasbench201 import OPTIONS, architecture_from_string

CELLS = Path(__file__).parents[2].parent / "shared/data/nasbench201_cifar10.csv.gz"
MACRO = Path(__file__).parents[2].parent / "shared/data/nas-bench-macro_cifar10.json"
KEYS = {"architecture", "true_accuracy", "true_latency_ms", "best_feasible_accuracy"}
COUNTS = {"queries", "simulated_cost"}
Command = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """25 cells: the first edge is the more accurate and the slower of the two that vary."""
    lines = ["arch_str,x_val_12,x_test_200,lat_ms_phone,lat_ms_board"]
    for i, first in enumerate(OPTIONS):
        for j, last in enumerate(OPTIONS):
            cell = f"|{first}~0|+|none~0|none~1|+|none~0|none~1|{last}~2|"
            lines.append(f"{cell},{50 + 5 * i + j},{60 + 5 * i + j},{1 + 2 * i + j},{9 - i}")
    path = tmp_path / "few.csv"
    path.write_text("\n".join(lines))
    return path


def on(file: Path, *options: object, space: str = "nasbench201") -> tuple[object, ...]:
    accuracy = ("--accuracy", f"benchmark:{file}", "--strategy", "ddpnas-regression")
    return ("search", "--space", space, *accuracy, "-q", *options)


def test_a_whole_search_is_told_in_json_and_writes_nothing(
    command: Command, few: Path, tmp_path: Path
) -> None:
    device = f"benchmark:{few}#lat_ms_phone"
    before = set(tmp_path.iterdir())
    ending = command(*on(few, "--device", device, "--latency", "6ms", "--json"))
    found = json.loads(ending.output)
    assert ending.code == 0 and found.keys() >= KEYS | COUNTS
    assert found["true_latency_ms"] == 6 and found["best_feasible_accuracy"] == 0.71
    assert (found["queries"], found["simulated_cost"]) == (found["n_feasible"], 11 * 12)
    assert set(tmp_path.iterdir()) == before


def test_the_network_is_written_as_it_was_published(command: Command, few: Path) -> None:
    found = json.loads(command(*on(few, "--json")).output)
    assert found["architecture"] in few.read_text()
    assert found["true_accuracy"] == found["best_feasible_accuracy"] == 0.84


def test_out_holds_the_result(command: Command, few: Path, tmp_path: Path) -> None:
    ending = command(*on(few, "--json", "--out", "run"))
    names = {file.name for file in (tmp_path / "run").iterdir()}
    assert names == {"result.json", "exploration.json"}
    assert json.loads((tmp_path / "run/result.json").read_text()) == json.loads(ending.output)


def test_an_older_run_is_not_overwritten(refused: Refused, few: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert "run exists already" in refused(*on(few, "--out", "run"))


@pytest.mark.parametrize("device", ["phone", "lat_ms_phone", "benchmark:{}#phone"])
def test_a_column_may_be_named_shortly(command: Command, few: Path, device: str) -> None:
    options = ("--device", device.format(few), "--latency", "6ms", "--json")
    assert json.loads(command(*on(few, *options)).output)["device"] == "lat_ms_phone"


def test_a_device_may_come_from_another_file(command: Command, few: Path, tmp_path: Path) -> None:
    lines = [line.split(",") for line in few.read_text().splitlines()]
    rows = [",".join((line[0], line[4])) for line in lines]
    (tmp_path / "devices.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    device = f"benchmark:{tmp_path / 'devices.csv.gz'}#board"
    found = json.loads(command(*on(few, "--device", device, "--latency", "6ms", "--json")).output)
    assert found["true_latency_ms"] <= 6 and found["device_table"].endswith("devices.csv.gz")


def test_a_device_without_a_budget_is_reported_and_limits_nothing(
    command: Command, few: Path
) -> None:
    found = json.loads(command(*on(few, "--device", "phone", "--json")).output)
    assert found["n_feasible"] == 25 and found["true_latency_ms"] == 13


def test_people_are_shown_a_table(command: Command, few: Path) -> None:
    shown = command(*on(few, "--device", "phone", "--latency", "6ms")).output
    assert "best that fits" in shown and "latency, imported" in shown


def test_a_budget_that_nothing_keeps_has_its_own_code(refused: Refused, few: Path) -> None:
    options = ("--device", "phone", "--latency", "0.5ms")
    message = refused(*on(few, *options), code=3)
    assert "fits 0.5 ms: the fastest takes 1 ms. Raise --latency" in message


def test_python_calls_the_same_search(few: Path) -> None:
    result = hwnas.search_table(
        f"benchmark:{few}", "6ms", space="nasbench201", device="phone", strategy="random"
    )
    assert result.true_latency_ms is not None and result.true_latency_ms <= 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--latency", "6ms"), "--latency 6ms needs a latency column"),
        (("--latency", "6", "--device", "phone"), "has no unit"),
        (("--device", "x86-cpu"), "--device x86-cpu is no latency column of"),
        (("--device", "benchmark:"), "names no file"),
        (("--device", "benchmark:gone.csv#phone"), "gone.csv: No such file"),
        (("--strategy", "ddpnas-regresion"), "did you mean 'ddpnas-regression'"),
        (("--queries", "0"), "--queries is 0. Give 1 or more"),
        (("--seed", "-1"), "--seed is -1"),
        (("--data", "digits"), "--data does not go with --accuracy"),
        (("--max-params", "3M"), "--max-params does not go with --accuracy"),
        (("--epoch-images", "9"), "--epoch-images does not go with --accuracy"),
    ],
)
def test_what_does_not_go_together_is_refused(
    refused: Refused, few: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in refused(*on(few, *options))


@pytest.mark.parametrize("option", ["--accuracy", "--device"])
def test_more_than_one_part_is_refused(refused: Refused, few: Path, option: str) -> None:
    named = f"benchmark:{few}#a#b"
    given = {"--accuracy": f"benchmark:{few}"} | {option: named}
    message = refused("search", "--space", "nasbench201", "-q", *sum(given.items(), ()))
    assert message == f"'{few}#a#b' names more than one part. Write FILE or FILE#PART."


def test_a_file_may_have_the_sign_of_a_part_in_its_name(command: Command, few: Path) -> None:
    odd = few.rename(few.with_name("a#b.csv"))
    ending = command(*on(odd, "--device", f"benchmark:{odd}#phone", "--latency", "6ms"))
    assert ending.code == 0


def test_a_blank_in_a_column_that_is_asked_for_is_named(refused: Refused, few: Path) -> None:
    few.write_text(few.read_text().replace(",50,60,1,9", ",,60,1,", 1))
    assert "few.csv line 2: x_val_12 is empty" in refused(*on(few))


def test_a_blank_in_another_column_is_none_of_the_search_s(command: Command, few: Path) -> None:
    few.write_text(few.read_text().replace(",50,60,1,9", ",50,60,1,", 1))
    assert command(*on(few, "--device", "phone", "--latency", "6ms")).code == 0


def test_a_column_that_is_missing_lists_those_there_are(refused: Refused, few: Path) -> None:
    message = refused(*on(few, "--device", f"benchmark:{few}#phones"))
    assert "did you mean 'phone'?" in message
    assert "with one of lat_ms_phone, lat_ms_board" in refused(
        *on(few, "--device", f"benchmark:{few}")
    )


@pytest.mark.parametrize("space", ["mobilenet", "nasbench-macro"])
def test_the_file_must_hold_the_space(refused: Refused, few: Path, space: str) -> None:
    message = refused(*on(few, space=space))
    assert f"holds networks of nasbench201, not of {space}. Give --space nasbench201" in message


def test_a_source_that_is_no_file_is_told_how_to_write_one(refused: Refused) -> None:
    message = refused("search", "--accuracy", "cells.csv", "--space", "nasbench201")
    assert "Write --accuracy benchmark:FILE" in message


def test_a_damaged_file_is_refused(refused: Refused, few: Path) -> None:
    few.write_text(few.read_text()[:-20])
    assert "line 26 has 1 values, not 5. Correct that in the file." in refused(*on(few))


def test_table_options_need_a_table(refused: Refused) -> None:
    assert "Add --accuracy" in refused("search", "--device", "benchmark:x.csv#phone")


def test_the_published_cells_are_searched_within_a_real_phone(command: Command) -> None:
    if not CELLS.exists():
        pytest.skip(f"needs {CELLS.name}")
    options = ("--device", f"benchmark:{CELLS}#lat_ms_pixel3", "--latency", "8ms", "--json")
    found = json.loads(command(*on(CELLS, *options)).output)
    architecture_from_string(found["architecture"])
    assert found["true_latency_ms"] <= 8 and found["queries"] == N_QUERIES
    assert found["best_feasible_accuracy"] - found["true_accuracy"] < 0.01


def test_the_macro_benchmark_is_searched_without_a_device(command: Command) -> None:
    if not MACRO.exists():
        pytest.skip(f"needs {MACRO.name}")
    options = ("--queries", "150", "--json")
    found = json.loads(command(*on(MACRO, *options, space="nasbench-macro")).output)
    assert found["best_feasible_accuracy"] - found["true_accuracy"] < 0.003
    assert (found["simulated_cost"], found["simulated_cost_unit"]) == (150, "trainings")
