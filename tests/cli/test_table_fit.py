"""``hwnas table fit`` from the command line, and a device at the end of a command."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwnas.space import parts_of, random_architecture
from hwnas.space.nasbench201 import Nasbench201Space, string_of

Command = Callable[..., Any]
Refused = Callable[..., str]


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Two hundred cells: a millisecond a billion multiply-accumulates, or thrice that."""
    space, rng = Nasbench201Space(), np.random.default_rng(0)
    drawn = {string_of(a): a for a in (random_architecture(space, rng) for _ in range(200))}
    path = tmp_path / "cells.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["arch_str", "x_val_12", "x_test_200", "lat_ms_here", "lat_ms_there"])
        for text, architecture in drawn.items():
            macs = sum(n * part.block.n_macs for part, n in parts_of(space, architecture).items())
            ms = 2 + macs / 1e7
            writer.writerow([text, 50 + macs / 1e7, 60 + macs / 1e7, ms, 3 * ms])
    return path


def test_it_says_how_good_it_is_and_where_things_lie(command: Command, cells: Path) -> None:
    ending = command(
        *("table", "fit", "--measurements", cells, "--column", "here", "--train", 60),
        *("--device", "x86-cpu", "--precision", "float32", "--predictions", "out.csv"),
    )
    assert ending.code == 0
    assert "lat_ms_here in nasbench201, fitted on 60 networks" in ending.output
    assert "Every network's latencies lie in out.csv" in ending.output
    table = ending.output.split("costs lie in ")[1].strip()
    shown = json.loads(command("table", "show", table, "--json").output)
    assert shown["header"]["provenance"] == "fitted"
    assert shown["header"]["device"]["precision"] == "float32"


def test_json_is_all_there_is(command: Command, cells: Path) -> None:
    ending = command(
        *("table", "fit", "--measurements", cells, "--column", "lat_ms_here"),
        *("--samples", 8, "--prior", "there", "--json"),
    )
    found = json.loads(ending.output)
    assert found["n_fitted"] == len(found["chosen"]) == 8
    assert found["tested"]["mape"] < 2 and found["spearman"] > 0.99
    assert found["table"] is None


def test_a_search_takes_the_predictions_as_a_device(command: Command, cells: Path) -> None:
    command(
        *("table", "fit", "--measurements", cells, "--column", "here", "--train", 60),
        *("--predictions", "out.csv"),
    )
    ending = command(
        *("search", "--space", "nasbench201", "--accuracy", f"benchmark:{cells}"),
        *("--device", "benchmark:out.csv#lat_ms_safe", "--latency", "9ms", "--json"),
        *("--strategy", "ddpnas-regression", "--queries", 40),
    )
    found = json.loads(ending.output)
    with cells.open() as file:
        true_ms = {row["arch_str"]: float(row["lat_ms_here"]) for row in csv.DictReader(file)}
    assert 5 < true_ms[found["architecture"]] <= 9


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--measurements", "gone.csv", "--column", "here"), "Cannot read"),
        (("--measurements", "cells.csv", "--column", "her"), "did you mean 'here'?"),
        (("--measurements", "cells.csv", "--column", "here", "--train", "1"), "--train 1 of"),
        (("--measurements", "cells.csv", "--column", "here", "--batch", "4"), "with --device"),
        (("--measurements", "cells.csv", "--column", "here", "--prior", "her"), "her"),
        (
            ("--measurements", "cells.csv", "--column", "here", "--space", "darts"),
            "holds networks of nasbench201",
        ),
        (
            ("--measurements", "cells.csv", "--column", "here", "--predictions", "/proc/x.csv"),
            "Name another file with --predictions",
        ),
    ],
)
def test_wrong_use_is_a_sentence(
    refused: Refused, cells: Path, given: tuple[str, ...], sentence: str
) -> None:
    del cells  # which lies there
    assert sentence in refused("table", "fit", *given)


def test_a_device_is_reached_as_the_command_line_says(
    command: Command, refused: Refused, tmp_path: Path
) -> None:
    model = tmp_path / "m.onnx"
    exported = command(
        *("export", "mobilenetv2@0.35", "--out", model, "--precision", "float32"),
        *("--input-size", 32, "--classes", 10),
    )
    assert exported.code == 0
    verified = command("verify", model, "--connection", sys.executable, "--latency", "1s")
    assert verified.code == 0 and "kept" in verified.output
    message = refused("verify", model, "--connection", "nobody-knows", "--latency", "1s")
    assert message.startswith("The target of 'nobody-knows' is out of reach")
    message = refused("verify", model, "--device", "arm-cpu", "--connection", sys.executable)
    assert "is of aarch64 or arm64" in message
