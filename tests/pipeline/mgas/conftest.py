"""Searches by pruning that take seconds, with tables of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hwnas
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings

SIMULATED = str(Path(__file__).parents[2] / "devices" / "simulated.toml")
Searched = Callable[..., SearchResult]
"""``searched(out, **options)``: by the options of the module's ``QUICK``, but for those given."""


@pytest.fixture(scope="module", autouse=True)
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Own tables, no presets."""
    folder = tmp_path_factory.mktemp("mgas")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        patch.setenv("HWNAS_CACHE", str(folder / "cache"))
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        yield folder


@pytest.fixture(autouse=True)
def tables(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test's, those of the search."""
    monkeypatch.setenv("HWNAS_TABLES", str(apart / "tables"))
    monkeypatch.setenv("HWNAS_CACHE", str(apart / "cache"))


@pytest.fixture(scope="module")
def searched(request: pytest.FixtureRequest) -> Searched:
    quick: dict[str, Any] = request.module.QUICK

    def search(out: Path, **options: Any) -> SearchResult:  # noqa: ANN401
        given = {"strategy": "mgas", "device": SIMULATED, "finetune": FinetuneSettings(epochs=1)}
        return hwnas.search(**{**given, **quick, **options, "out": out})

    return search
