"""Searches small enough for a test, and engines that disappoint."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import hwnas
from hwnas.device import DeviceSpec
from hwnas.measure import (
    BLOCK_ROUNDS,
    NETWORK_PLAN,
    Measurement,
    MeasurePlan,
    Provenance,
    RoundsPlan,
)
from hwnas.measure.engine.arithmetic import FixedTimer
from hwnas.measure.engine.catalog import ENGINES
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.measure.measurement import summarize
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings, SupernetSettings

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")

FEW = 4
"""Candidates that a small search times."""
QuickSearch = Callable[..., SearchResult]
"""``search(latency, **options)``: seconds long, into ``tmp_path/run`` unless told otherwise."""

Plan = MeasurePlan | RoundsPlan
UseEngine = Callable[[Callable[[bytes, Plan], float]], None]
"""``use(factor)``: the simulated clock, each time multiplied by ``factor(model, plan)``."""


class DisappointingTimer(FixedTimer):
    def __init__(self, exact_ms: float, factor: Callable[[Plan], float]) -> None:
        super().__init__(exact_ms, Provenance.SIMULATED)
        self._factor = factor

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        return super().visit(plan) * self._factor(plan)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with tables and blocks for the searches that a module's tests share; no presets."""
    folder = tmp_path_factory.mktemp("apart")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        patch.setenv("HWNAS_CACHE", str(folder / "cache"))
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        yield folder


@pytest.fixture
def all_apart(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own tables and blocks are those that its module's searches made."""
    monkeypatch.setenv("HWNAS_TABLES", str(apart / "tables"))
    monkeypatch.setenv("HWNAS_CACHE", str(apart / "cache"))


@pytest.fixture
def only_named_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published networks take longer to build than a small search takes; so do ten candidates."""
    monkeypatch.setattr("hwnas.pipeline.baselines.PRESETS", ())
    monkeypatch.setattr("hwnas.pipeline.choose.N_CANDIDATES", FEW)


@pytest.fixture
def quick_search(tmp_path: Path, only_named_baselines: None, profiled: Path) -> QuickSearch:
    def search(latency: str | None = "1ms", **options: Any) -> SearchResult:  # noqa: ANN401
        settings: dict[str, Any] = {
            "device": SIMULATED,
            "space": SMALL_SPACE,
            "supernet": SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=1),
            "finetune": FinetuneSettings(epochs=1),
            "out": tmp_path / "run",
        }
        return hwnas.search(latency, **(settings | options))

    return search


@pytest.fixture
def use_engine(monkeypatch: pytest.MonkeyPatch) -> UseEngine:
    class Disappointing(SimulatedEngine):
        def __init__(self, factor: Callable[[bytes, Plan], float]) -> None:
            super().__init__()
            self._factor = factor

        def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
            exact_ms = super().measure(model, device, plan).median_ms
            times_ms = np.array([exact_ms * self._factor(model, plan)])
            return summarize(times_ms, Provenance.SIMULATED)

        def timer(self, model: bytes, device: DeviceSpec) -> FixedTimer:
            exact_ms = super().measure(model, device, NETWORK_PLAN).median_ms
            return DisappointingTimer(exact_ms, lambda plan: self._factor(model, plan))

    def use(factor: Callable[[bytes, Plan], float]) -> None:
        monkeypatch.setitem(ENGINES, "simulated", lambda *_: Disappointing(factor))

    return use


@pytest.fixture
def slow_networks(use_engine: UseEngine) -> None:
    """Whole networks take 1.3 times what their blocks add up to."""
    use_engine(lambda _, plan: 1.0 if plan == BLOCK_ROUNDS else 1.3)
