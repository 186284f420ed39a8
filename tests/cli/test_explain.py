"""``hwnas explain`` and ``--max-int8-drop`` on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[..., str]
Command = Callable[..., Any]


def test_a_folder_that_is_no_run_is_named(refused: Refused) -> None:
    assert "Cannot read nowhere" in refused("explain", "nowhere")


def test_a_run_on_a_published_table_is_told_what_to_do(
    command: Command, refused: Refused, tmp_path: Path
) -> None:
    rows = ["index,arch_str,c10_test_200,c10_val_12,c10_test_12,lat_ms_a"]
    cell = "|{0}~0|+|{0}~0|{0}~1|+|{0}~0|{0}~1|{0}~2|"
    for at, name in enumerate(("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")):
        rows.append(f"{at},{cell.format(name)},{90 + at},{80 + at},{79 + at},{1 + at}")
    (tmp_path / "few.csv").write_text("\n".join(rows) + "\n")
    table = "benchmark:few.csv"
    found = command(
        *("search", "--space", "nasbench201", "--accuracy", table, "--queries", "4"),
        *("--strategy", "random", "--device", f"{table}#lat_ms_a", "--latency", "9ms"),
        *("--out", "kept", "-q"),
    )
    assert found.code == 0, found
    message = refused("explain", "kept")
    assert "published table" in message and "foxnas" in message


@pytest.mark.parametrize(
    ("points", "said"), [("-1", "--max-int8-drop is -1"), ("101", "--max-int8-drop is 101")]
)
def test_points_that_cannot_be_lost_are_refused(refused: Refused, points: str, said: str) -> None:
    assert said in refused("search", "--latency", "1ms", "--max-int8-drop", points)


def test_what_int8_may_lose_needs_int8(refused: Refused) -> None:
    options = ("--precision", "float32", "--max-int8-drop", "0.5")
    assert "goes with int8, not with float32" in refused("search", "--latency", "1ms", *options)


def test_foxnas_with_a_supernet_by_path_is_refused(refused: Refused) -> None:
    options = ("--strategy", "foxnas", "--supernet", "path")
    assert "Give --supernet spos" in refused("search", "--latency", "1ms", *options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--plan", "filling"), "--plan filling goes with --strategy foxnas, not with ddpnas"),
        (("--strategy", "foxnas", "--plan", "guess"), "No plan 'guess'; Known: annealing"),
        (("--strategy", "foxnas", "--queries", "19"), "Ask for 20 networks at least"),
        (("--queries", "0"), "--queries"),
        (("--strategy", "donna", "--queries", "50"), "donna asks no supernet"),
        (("--strategy", "mgas", "--queries", "50"), "mgas asks no supernet"),
    ],
)
def test_what_is_asked_must_be_asked_of_a_supernet(
    refused: Refused, options: tuple[str, ...], said: str
) -> None:
    assert said in refused("search", "--latency", "1ms", *options)


def test_explain_json_is_the_explanation(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwnas.pipeline.explain", lambda run, **_: {"run": run})
    ending = command("explain", "somewhere", "--json")
    assert ending.code == 0 and json.loads(ending.output) == {"run": "somewhere"}
