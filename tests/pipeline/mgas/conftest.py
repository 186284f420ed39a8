"""Searches by pruning that take seconds, with tables of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hwnas
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings

TESTS = Path(__file__).parents[2]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
Searched = Callable[..., SearchResult]
"""``searched(out, **options)``: by the options of the module's ``QUICK``, but for those given."""


@pytest.fixture(scope="module")
def searched(request: pytest.FixtureRequest) -> Searched:
    quick: dict[str, Any] = request.module.QUICK

    def search(out: Path, **options: Any) -> SearchResult:  # noqa: ANN401
        given = {"strategy": "mgas", "device": SIMULATED, "finetune": FinetuneSettings(epochs=1)}
        return hwnas.search(**{**given, **quick, **options, "out": out})

    return search


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, apart: Path, searched: Searched) -> SearchResult:
    """Pruned to the ``MOST`` parameters of the module."""
    return searched(apart / "run", max_params=str(request.module.MOST))
