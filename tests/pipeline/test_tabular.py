"""A search on a table asks for what it may, keeps the limit and says what it cost."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from hwnas.accuracy import read_benchmark
from hwnas.errors import NoNetworkFitsError
from hwnas.pipeline.tabular import N_RANKED, TabularProblem, search_benchmark
from hwnas.search import STRATEGIES
from hwnas.space import Architecture
from hwnas.space.nasbench201 import OPTIONS, string_of

CELLS = Path(__file__).parents[2].parent / "shared/data/nasbench201_cifar10.csv.gz"
WORTH = dict(zip(OPTIONS, (0, 6, 8, 10, 3), strict=True))
"""Accuracy in points of each edge's operation."""
TAKES = dict(zip(OPTIONS, (0, 1, 3, 6, 2), strict=True))
"""Milliseconds."""
Problem = Callable[[float | None], TabularProblem]


@pytest.fixture(scope="module")
def every_cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table in which accuracy and latency are sums over the edges."""
    lines = ["arch_str,x_val_12,x_test_200,lat_ms_phone"]
    for choices in itertools.product(OPTIONS, repeat=6):
        worth, takes = (sum(of[option] for option in choices) for of in (WORTH, TAKES))
        cell = string_of(Architecture(choices))
        lines.append(f"{cell},{worth},{worth + takes / 10},{1 + takes}")
    path = tmp_path_factory.mktemp("benchmark") / "cells.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def problem(every_cell: Path) -> Problem:
    table = read_benchmark(every_cell)
    latencies_ms = table.values("lat_ms_phone")

    def make(limit_ms: float | None = None) -> TabularProblem:
        return TabularProblem(table=table, latencies_ms=latencies_ms, limit_ms=limit_ms)

    return make


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("limit_ms", [1.0, 2.0, 9.5, 20.0])
def test_every_strategy_keeps_the_limit(problem: Problem, strategy: str, limit_ms: float) -> None:
    found = search_benchmark(problem(limit_ms), strategy, seed=0, n_queries=42)
    assert problem(limit_ms).latency_ms(found.architecture) <= limit_ms


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("n_queries", [1, 5, 42, 60])
def test_no_strategy_asks_for_more_than_it_may(
    problem: Problem, strategy: str, n_queries: int
) -> None:
    found = search_benchmark(problem(20.0), strategy, seed=0, n_queries=n_queries)
    assert found.source.n_queries <= n_queries


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_equal_seeds_find_equal_networks_at_equal_cost(problem: Problem, strategy: str) -> None:
    found = [search_benchmark(problem(12.0), strategy, seed=3, n_queries=50) for _ in range(2)]
    assert found[0].architecture == found[1].architecture
    assert found[0].source.n_queries == found[1].source.n_queries


def test_the_papers_42_queries_are_followed_by_the_best_under_its_scores(
    problem: Problem,
) -> None:
    found = search_benchmark(problem(None), "ddpnas", seed=0)
    assert 42 < found.source.n_queries <= 42 + N_RANKED
    assert found.source.simulated_cost == 12 * found.source.n_queries


def test_a_regression_over_everything_finds_the_best_network(problem: Problem) -> None:
    found = search_benchmark(problem(None), "ddpnas-regression", seed=0, n_queries=100)
    assert found.architecture == Architecture(("nor_conv_3x3",) * 6)


def test_a_limit_that_no_network_keeps_says_how_fast_the_fastest_is(problem: Problem) -> None:
    with pytest.raises(NoNetworkFitsError, match=r"fits 0\.5 ms: the fastest takes 1 ms"):
        search_benchmark(problem(0.5), "ddpnas", seed=0)


def test_where_nothing_that_was_asked_for_fits_the_best_score_that_fits_is_taken(
    problem: Problem,
) -> None:
    found = search_benchmark(problem(1.0), "ddpnas", seed=0, n_queries=14)
    assert found.architecture == Architecture(("none",) * 6)
    assert found.cheap_accuracy is None


def test_under_a_limit_a_tie_goes_to_the_slowest(tmp_path: Path) -> None:
    cells = [f"|{o}~0|+|none~0|none~1|+|none~0|none~1|none~2|" for o in OPTIONS[:3]]
    rows = [(70.1, 1), (70.0, 2), (69.0, 3)]
    lines = [f"{cell},{v},{v},{ms}" for cell, (v, ms) in zip(cells, rows, strict=True)]
    path = tmp_path / "three.csv"
    path.write_text("\n".join(["arch_str,x_val_12,x_test_200,lat_ms_phone", *lines]))
    table = read_benchmark(path)
    latencies_ms = table.values("lat_ms_phone")
    for limit_ms, expected in ((None, 0), (5.0, 1), (1.5, 0)):
        three = TabularProblem(table=table, latencies_ms=latencies_ms, limit_ms=limit_ms)
        found = search_benchmark(three, "ddpnas-regression", seed=0)
        assert string_of(found.architecture) == cells[expected]


def test_a_network_without_a_latency_fits_no_limit(every_cell: Path) -> None:
    table = read_benchmark(every_cell)
    known = dict(list(table.values("lat_ms_phone").items())[:100])
    partly = TabularProblem(table=table, latencies_ms=known, limit_ms=100.0)
    assert partly.fitting == frozenset(known)


def test_a_limit_without_latencies_is_refused(every_cell: Path) -> None:
    with pytest.raises(ValueError, match="needs latencies"):
        TabularProblem(table=read_benchmark(every_cell), limit_ms=1.0)


@pytest.mark.slow
def test_420_queries_find_a_cell_of_94_2_percent_on_the_published_table() -> None:
    if not CELLS.exists():
        pytest.skip(f"needs {CELLS.name}")
    published = TabularProblem(table=read_benchmark(CELLS))
    found = [
        search_benchmark(published, "ddpnas-regression", seed=seed, n_queries=420)
        for seed in range(5)
    ]
    accuracies = [f.source.true_accuracy(f.architecture) for f in found]
    assert sum(accuracies) / 5 >= 0.942
