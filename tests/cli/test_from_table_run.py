"""A kept search on a table serves other columns and budgets, and asks for nothing more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwnas.space.nasbench201 import OPTIONS

CELLS = Path(__file__).parents[2].parent / "shared/data/nasbench201_cifar10.csv.gz"
COLUMNS = ("lat_ms_pixel3", "lat_ms_gold_6240", "lat_ms_eyeriss")
Command = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def few(tmp_path: Path, command: Command) -> Path:
    """25 cells, and ``kept``: a search of them without a limit."""
    lines = ["arch_str,x_val_12,x_test_200,lat_ms_phone,lat_ms_board"]
    for i, first in enumerate(OPTIONS):
        for j, last in enumerate(OPTIONS):
            cell = f"|{first}~0|+|none~0|none~1|+|none~0|none~1|{last}~2|"
            lines.append(f"{cell},{50 + 5 * i + j},{60 + 5 * i + j},{1 + 2 * i + j},{9 - i}")
    path = tmp_path / "few.csv"
    path.write_text("\n".join(lines))
    space = ("--space", "nasbench201", "--strategy", "ddpnas-regression")
    command("search", "--accuracy", f"benchmark:{path}", *space, "--out", "kept", "-q")
    return path


@pytest.mark.parametrize(("device", "latency"), [("phone", 6), ("board", 7), ("phone", 13)])
def test_another_column_and_budget_cost_no_query(
    command: Command, few: Path, device: str, latency: int
) -> None:
    options = ("--device", device, "--latency", f"{latency}ms", "--json", "-q")
    found = json.loads(command("search", "--from", "kept", *options).output)
    assert (found["queries"], found["simulated_cost"]) == (0, 0)
    assert found["started_from"] == "kept" and found["true_latency_ms"] <= latency
    assert found["true_accuracy"] == found["best_feasible_accuracy"]  # all were asked for


def test_a_run_from_a_run_keeps_the_same(command: Command, few: Path, tmp_path: Path) -> None:
    options = ("--device", "phone", "--latency", "6ms", "--out", "next", "-q")
    assert command("search", "--from", "kept", *options).code == 0
    kept, then = (tmp_path / run / "exploration.json" for run in ("kept", "next"))
    assert json.loads(kept.read_text()) == json.loads(then.read_text())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--space", "nasbench-macro"), "--space nasbench-macro contradicts kept, which was"),
        (("--strategy", "random"), "--strategy random contradicts kept"),
        (("--seed", "7"), "--seed 7 contradicts kept, which was searched with 0"),
        (("--queries", "9"), "--queries 9 contradicts kept"),
        (("--accuracy", "benchmark:other.csv"), "--accuracy benchmark:other.csv contradicts"),
        (("--max-params", "3M"), "--max-params does not go with --accuracy"),
        (("--latency", "6ms"), "--latency 6ms needs a latency column"),
        (("--device", "x86-cpu"), "--device x86-cpu is no latency column"),
    ],
)
def test_what_contradicts_the_run_is_refused(
    refused: Refused, few: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in refused("search", "--from", "kept", *options)


def test_what_says_the_same_is_not(command: Command, few: Path) -> None:
    same = ("--seed", "0", "--space", "nasbench201", "--accuracy", f"benchmark:{few}")
    assert command("search", "--from", "kept", *same, "-q").code == 0


def test_a_budget_that_nothing_keeps_has_its_own_code(refused: Refused, few: Path) -> None:
    options = ("--device", "phone", "--latency", "0.5ms")
    assert "the fastest takes 1 ms" in refused("search", "--from", "kept", *options, code=3)


def test_a_table_that_has_changed_is_refused(refused: Refused, few: Path) -> None:
    few.write_text(few.read_text() + "\n")
    assert "few.csv has changed since it was searched" in refused("search", "--from", "kept")


def test_a_folder_that_is_no_run_is_refused(refused: Refused, tmp_path: Path) -> None:
    assert "Name a run folder that hwnas search finished" in refused("search", "--from", "gone")
    (tmp_path / "exploration.json").write_text('{"format": "hwnas-tabular-exploration/1"}')
    message = refused("search", "--from", ".")
    assert message == "exploration.json: it has no accuracy. Search again, without --from."
    (tmp_path / "exploration.json").write_text('{"format": "hwnas-exploration/1"}')
    accuracy = ("--accuracy", "benchmark:x.csv")
    assert "holds no search of a table" in refused("search", "--from", ".", *accuracy)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("seed", "seven", 'seed is "seven", not a whole number'),
        ("told", {}, "it holds no accuracies"),
        ("told", {"no cell": 0.5}, "The run to go on from is not one of networks of "),
        ("scores", {}, "few.csv: it has no 'edge1<-0'"),
    ],
)
def test_a_damaged_value_is_refused(
    refused: Refused, few: Path, tmp_path: Path, name: str, value: object, said: str
) -> None:
    path = tmp_path / "kept" / "exploration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    message = refused("search", "--from", "kept")
    assert said in message and message.endswith("Search again, without --from.")


@pytest.mark.parametrize(("option", "value"), [("--epoch-images", 64), ("--paths-per-batch", 2)])
def test_how_to_train_does_not_go_with_a_run(
    refused: Refused, tmp_path: Path, option: str, value: int
) -> None:
    (tmp_path / "exploration.json").write_text('{"format": "hwnas-exploration/1"}')
    message = refused("search", "--from", ".", "--latency", "1ms", option, value)
    assert f"{option} does not go with --from ., whose supernet is trained" in message


@pytest.mark.slow
def test_one_search_of_the_published_cells_serves_three_devices(
    command: Command, tmp_path: Path
) -> None:
    if not CELLS.exists():
        pytest.skip(f"needs {CELLS.name}")
    accuracy = ("--space", "nasbench201", "--accuracy", f"benchmark:{CELLS}")
    strategy = ("--strategy", "ddpnas-regression", "--out", "kept", "-q")
    assert command("search", *accuracy, *strategy).code == 0
    for column, latency in zip(COLUMNS, ("8ms", "10ms", "5ms"), strict=True):
        options = ("--device", column, "--latency", latency, "--json", "-q")
        found = json.loads(command("search", "--from", "kept", *options).output)
        assert found["queries"] == 0
        assert found["best_feasible_accuracy"] - found["true_accuracy"] < 0.02
