"""The emitted model never exceeds the budget, whatever the prediction said."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from hwnas.errors import NoNetworkFitsError
from hwnas.measure import NETWORK_PLAN, Measurement
from hwnas.report import SearchResult
from hwnas.verify import measure_within

QuickSearch = Callable[..., SearchResult]
UseEngine = Callable[..., None]
SlowTrained = Callable[[Iterator[float]], None]


@pytest.fixture
def slow_trained(monkeypatch: pytest.MonkeyPatch) -> SlowTrained:
    """Trained networks take so many times what the same took untrained, one after another."""

    def use(factors: Iterator[float]) -> None:
        def measure(*arguments: Any) -> Measurement:  # noqa: ANN401
            exact, factor = measure_within(*arguments), next(factors)
            slow_ms = factor * exact.median_ms
            return replace(exact, min_ms=slow_ms, median_ms=slow_ms, p90_ms=slow_ms)

        monkeypatch.setattr("hwnas.pipeline.finish.measure_within", measure)

    return use


@pytest.mark.parametrize("budget_ms", [0.036, 0.05])
def test_networks_slower_than_their_blocks_still_fit(
    quick_search: QuickSearch, slow_networks: None, budget_ms: float
) -> None:
    assert quick_search(f"{budget_ms}ms").measured_latency_ms <= budget_ms


def test_the_prediction_is_corrected_by_what_was_timed(
    quick_search: QuickSearch, slow_networks: None
) -> None:
    result = quick_search("0.045ms")
    assert result.corrected_latency_ms == pytest.approx(
        1.3 * result.predicted_latency_ms, rel=0.01
    )
    assert result.measured_latency_ms == pytest.approx(result.corrected_latency_ms, rel=0.01)


def test_the_front_is_corrected_too(quick_search: QuickSearch, slow_networks: None) -> None:
    fastest = quick_search("0.045ms").front[0]
    assert fastest.corrected_latency_ms == pytest.approx(1.3 * 0.02567, rel=0.01)


def test_a_device_too_slow_for_any_network_is_told_before_training(
    quick_search: QuickSearch, use_engine: UseEngine, tmp_path: Path
) -> None:
    use_engine(lambda _, plan: 1000.0 if plan == NETWORK_PLAN else 1.0)
    with pytest.raises(NoNetworkFitsError, match=r"fits 1 ms: the fastest takes 25\.67 ms"):
        quick_search("1ms")
    assert {path.name for path in tmp_path.iterdir()} == {"tables"}


def test_a_trained_network_over_budget_is_replaced(
    quick_search: QuickSearch, slow_trained: SlowTrained, tmp_path: Path
) -> None:
    slow_trained(chain([2.0], repeat(1.0)))
    result = quick_search("0.04ms")
    assert result.measured_latency_ms <= 0.04
    assert '"event": "over budget"' in (tmp_path / "run/log.jsonl").read_text()


def test_trained_networks_that_are_all_slower_still_end_within_the_budget(
    quick_search: QuickSearch, slow_trained: SlowTrained
) -> None:
    slow_trained(repeat(1.4))
    assert quick_search("0.04ms").measured_latency_ms <= 0.04


def test_trained_networks_that_are_all_over_budget_are_not_written(
    quick_search: QuickSearch, slow_trained: SlowTrained, tmp_path: Path
) -> None:
    slow_trained(repeat(2.0))
    with pytest.raises(NoNetworkFitsError, match="3 trained networks were timed over the budget"):
        quick_search("0.04ms")
    assert not (tmp_path / "run").exists()


def test_networks_faster_than_their_blocks_use_the_whole_budget(
    quick_search: QuickSearch, use_engine: UseEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwnas.pipeline.choose.N_CANDIDATES", 10)
    use_engine(lambda _, plan: 0.7 if plan == NETWORK_PLAN else 1.0)
    result = quick_search("0.03ms")
    assert any(network.predicted_latency_ms > 0.03 for network in result.measured_networks)
    assert result.measured_latency_ms <= 0.03


@pytest.mark.parametrize("strategy", ["ddpnas-regression", "evolution", "random"])
def test_no_strategy_gives_up_a_budget_that_blocks_deny_and_networks_keep(
    quick_search: QuickSearch, use_engine: UseEngine, strategy: str
) -> None:
    use_engine(lambda _, plan: 0.7 if plan == NETWORK_PLAN else 1.0)
    result = quick_search("0.02ms", strategy=strategy)
    assert result.measured_latency_ms <= 0.02 < result.predicted_latency_ms


def test_a_device_that_slows_down_during_training_ends_without_a_run(
    quick_search: QuickSearch, use_engine: UseEngine, tmp_path: Path
) -> None:
    seen: set[str] = set()
    use_engine(lambda _, plan: 1000.0 if "search" in seen and plan == NETWORK_PLAN else 1.0)
    with pytest.raises(NoNetworkFitsError, match="the fastest takes"):
        quick_search(on_progress=lambda progress: seen.add(progress.phase))
    assert not (tmp_path / "run").exists()
