"""What ``hwnas rank`` prints of a report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwnas.accuracy import Estimate, Ranking
from hwnas.pipeline import RankReport
from hwnas.pipeline.rank import RankedNetwork

Command = Callable[..., Any]

KNOWN, UNKNOWN = Estimate(0.5, 0.4, 0.6), Estimate(None, None, None)
REPORT = RankReport(
    space="nasbench-macro",
    supernet="rd",
    data="digits",
    truth="table.json",
    seed=0,
    n_epochs=3,
    n_paths=2,
    figures=Ranking(
        n_networks=2,
        kendall=KNOWN,
        spearman=UNKNOWN,
        pearson=KNOWN,
        concordant=KNOWN,
        top={"5%": KNOWN},
    ),
    networks=(RankedNetwork("a,b", 0.25, 0.75),),
    seconds={},
    images_per_second=None,
    versions={},
    out="runs/here",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the pipeline is called with; it answers ``REPORT``."""
    asked: dict[str, Any] = {}

    def rank(run: str | None, **options: Any) -> RankReport:  # noqa: ANN401
        asked.update(options, run=run)
        return REPORT

    monkeypatch.setattr("hwnas.pipeline.rank", rank)
    return asked


def test_figures_are_printed_with_their_intervals(command: Command, asked: dict[str, Any]) -> None:
    ending = command("rank", "--truth", "table.json", "--quiet")
    assert ending.code == 0
    assert "0.500 │ 0.400 to 0.600" in ending.output and "unknown" in ending.output
    assert "of the expected best 5%" in ending.output
    assert ending.output.endswith("runs/here/rank.png\n")


def test_json_is_all_that_is_printed(command: Command, asked: dict[str, Any]) -> None:
    printed = json.loads(command("rank", "--truth", "table.json", "--json").output)
    assert printed["figures"]["kendall"] == {"value": 0.5, "low": 0.4, "high": 0.6}
    assert printed["networks"] == [{"choices": "a,b", "expected": 0.25, "truth": 0.75}]


def test_options_reach_the_pipeline(command: Command, asked: dict[str, Any]) -> None:
    options = {"--supernet": "rd", "--teacher": "parameters", "--rank-weight": "cosine"}
    options |= {"--distance": "hamming", "--supernet-epochs": "7", "--samples": "50"}
    written = [word for pair in options.items() for word in pair]
    command("rank", "--truth", "table.json", *written)
    settings = asked["supernet"]
    assert (settings.rule, settings.teacher) == ("rd", "parameters")
    assert (settings.rank_weight, settings.distance, settings.epochs) == ("cosine", "hamming", 7)
    assert (asked["samples"], Path(asked["truth"]).name) == (50, "table.json")


def test_a_batch_is_divided_as_asked(command: Command, asked: dict[str, Any]) -> None:
    command("rank", "--truth", "table.json", "--paths-per-batch", "4")
    assert (asked["supernet"].rule, asked["supernet"].paths_per_batch) == ("spos", 4)


def test_a_run_is_ranked_as_it_is(command: Command, asked: dict[str, Any]) -> None:
    command("rank", "runs/kept", "--truth", "table.json")
    assert (asked["run"], asked["supernet"]) == ("runs/kept", None)


@pytest.mark.parametrize(
    "option",
    [("--supernet", "rd"), ("--space", "mobilenet"), ("--data", "digits"), ("--skip-bad",)],
    ids=str,
)
def test_options_of_training_do_not_go_with_a_run(
    command: Command, asked: dict[str, Any], option: tuple[str, ...]
) -> None:
    ending = command("rank", "runs/kept", "--truth", "table.json", *option)
    assert ending.code == 2 and not asked
    assert f"{option[0]} does not go with runs/kept" in ending.errors
