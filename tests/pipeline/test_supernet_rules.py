"""A search over a supernet that is trained whole before the strategy asks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.search import STRATEGIES
from hwnas.train import RULES, SupernetSettings, SupernetTrainer

QuickSearch = Callable[..., SearchResult]
WHOLE = [name for name in RULES if name != "path"]
SHOWN = ("ddpnas", "foxnas")
"""Strategies that other tests run over such a supernet."""


def settings(rule: str) -> SupernetSettings:
    return SupernetSettings(rule=rule, epochs=2, epoch_images=64, batch_size=64)


def interrupt_at(phase: str, done: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if (progress.phase, progress.done) == (phase, done):
            raise KeyboardInterrupt

    return on_progress


def outcome(result: SearchResult) -> dict[str, Any]:
    """All of a result but times and places."""
    read: dict[str, Any] = json.loads((Path(result.out) / "result.json").read_text())
    others = {"seconds", "images_per_second", "out"}
    return {key: read[key] for key in read.keys() - others}


@pytest.mark.parametrize(
    ("rule", "strategy"),
    [*((rule, "ddpnas") for rule in WHOLE), *(("rd", s) for s in STRATEGIES if s not in SHOWN)],
)
def test_a_strategy_learns_from_a_supernet_that_it_does_not_train(
    quick_search: QuickSearch, monkeypatch: pytest.MonkeyPatch, rule: str, strategy: str
) -> None:
    monkeypatch.setattr(SupernetTrainer, "train_path", lambda *_: pytest.fail("trained a path"))
    result = quick_search("0.04ms", strategy=strategy, supernet=settings(rule))
    assert result.measured_latency_ms <= 0.04 and result.supernet == rule
    log = (Path(result.out) / "log.jsonl").read_text().splitlines()
    assert sum('"asked"' in line for line in log) >= 15


@pytest.mark.parametrize(("phase", "done"), [("train", 1), ("ask", 7)])
def test_interrupted_it_ends_as_if_nothing_had_happened(
    quick_search: QuickSearch, tmp_path: Path, phase: str, done: int
) -> None:
    whole = quick_search(out=tmp_path / "whole", supernet=settings("rd"))
    with pytest.raises(KeyboardInterrupt):
        quick_search(supernet=settings("rd"), on_progress=interrupt_at(phase, done))
    resumed = quick_search(supernet=settings("rd"))
    assert outcome(resumed) == outcome(whole)


def test_epochs_done_are_not_trained_again(
    quick_search: QuickSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        quick_search(supernet=settings("spos"), on_progress=interrupt_at("ask", 3))
    monkeypatch.setattr(SupernetTrainer, "train_by_rule", lambda *_: pytest.fail("trained again"))
    assert quick_search(supernet=settings("spos")).supernet == "spos"
