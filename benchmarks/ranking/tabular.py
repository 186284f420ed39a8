"""Strategies on NAS-Bench-201: how good is the cell that each returns for so many queries.

    python benchmarks/ranking/tabular.py PATH/nasbench201_cifar10.csv.gz --out FOLDER

A search is told the validation accuracy after 12 epochs, and is scored by the test accuracy after
200 of the cell it returns. Queries are distinct cells. 20 seeds.

*Free*: any cell, at 42, 140 and 420 queries. *Constrained*: for each device column 10 budgets, the
quantiles k/11 of the column's latencies; the score is the shortfall, in points of test accuracy,
to the best cell within the budget.

Rivals: the paper's DDPNAS (42 queries of its own, and 1400 with 100 steps), which returns the cell
of its best theta; random search; regularized evolution (``evolution.py``); Optuna's TPE with its
defaults. They return the best cell they asked for. ``hwnas[benchmarks]``
installs Optuna.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import optuna
from evolution import aging_evolution
from pictures import draw_beside

from hwnas.accuracy import Benchmark, read_benchmark
from hwnas.accuracy.benchmark_table import LATENCY_PREFIX, BenchmarkTable
from hwnas.pipeline.tabular import TabularProblem, search_benchmark
from hwnas.search import Ddpnas, DdpnasSettings
from hwnas.space import Architecture
from hwnas.space.nasbench201 import DECISIONS, OPTIONS
from hwnas.whole_file import write_whole

N_QUERIES = (42, 140, 420)
N_SEEDS, N_BUDGETS = 20, 10


@dataclass(frozen=True)
class Outcome:
    """What one search returned, and the distinct cells it asked for."""

    architecture: Architecture
    n_queries: int


Method = Callable[[TabularProblem, int, int], Outcome]
"""Problem, queries and seed to outcome."""


def ours(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """``hwnas search --strategy ddpnas-regression``."""
    found = search_benchmark(problem, "ddpnas-regression", seed=seed, n_queries=n_queries)
    return Outcome(found.architecture, found.source.n_queries)


def ddpnas(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """The paper's; as many steps as queries allow, 14 a step."""
    source = problem.source()
    settings = DdpnasSettings(steps=n_queries // 14)
    search = Ddpnas(DECISIONS, np.random.default_rng(seed), settings)
    while not search.finished:
        asked = search.ask()
        search.tell(asked, source.accuracy(asked))
    best = tuple(max(row, key=row.__getitem__) for row in search.scores.values())
    return Outcome(Architecture(best), source.n_queries)


def random_search(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """Distinct cells that fit, uniformly."""
    source = problem.source()
    cells = _in_order(problem)
    rng = np.random.default_rng(seed)
    drawn = [cells[place] for place in rng.permutation(len(cells))[:n_queries]]
    return _best_asked(source, drawn)


def every_cell(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """What the cheap accuracy is good for, if queries cost nothing."""
    del n_queries, seed
    return _best_asked(problem.source(), _in_order(problem))


def regularized_evolution(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """Aging evolution until so many distinct cells were asked for."""
    source = problem.source()
    asked = aging_evolution(
        _in_order(problem), DECISIONS, source.accuracy, n_queries, np.random.default_rng(seed)
    )
    return _best_asked(source, list(asked))


def tpe(problem: TabularProblem, n_queries: int, seed: int) -> Outcome:
    """Optuna's default sampler over six categories."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    source = problem.source()
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed)
    )
    asked: dict[Architecture, None] = {}
    for _ in range(10 * n_queries):
        if len(asked) >= n_queries:
            break
        trial = study.ask()
        cell = Architecture(tuple(trial.suggest_categorical(d.name, OPTIONS) for d in DECISIONS))
        asked[cell] = None
        study.tell(trial, source.accuracy(cell))
    return _best_asked(source, list(asked))


FREE: dict[str, tuple[Method, Sequence[int]]] = {
    "DDPNAS, the paper's": (ddpnas, (42, 1400)),
    "random": (random_search, N_QUERIES),
    "regularized evolution": (regularized_evolution, N_QUERIES),
    "Optuna TPE": (tpe, N_QUERIES),
    "ddpnas-regression": (ours, N_QUERIES),
}
CONSTRAINED: dict[str, Method] = {
    "regularized evolution": regularized_evolution,
    "ddpnas-regression": ours,
}


def main() -> None:
    """Run what is asked for and write ``free.json`` or ``constrained.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--study", choices=("free", "constrained"), action="append")
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    arguments = parser.parse_args()
    table = read_benchmark(arguments.table)
    studies = {"free": free_study, "constrained": constrained_study}
    for name in arguments.study or studies:
        rows = []
        for row in studies[name](table, arguments.seeds):
            rows.append(row)
            print(json.dumps(row), flush=True)
            document = {"table": arguments.table.name, "n_seeds": arguments.seeds, "rows": rows}
            path = arguments.out / f"{name}.json"
            write_whole(path, json.dumps(document, indent=2) + "\n")
        draw_beside(path)


def free_study(table: BenchmarkTable, n_seeds: int) -> Iterator[dict[str, object]]:
    """A row for each method and number of queries."""
    problem = TabularProblem(table=table)
    for name, (method, sizes) in FREE.items():
        for n_queries in sizes:
            outcomes = [method(problem, n_queries, seed) for seed in range(n_seeds)]
            accuracies = _test_accuracies(problem, outcomes)
            yield {
                "method": name,
                "queries": n_queries,
                "most_distinct_queries": max(outcome.n_queries for outcome in outcomes),
                "mean": accuracies.mean(),
                "deviation": accuracies.std(),
                "worst": accuracies.min(),
            }


def constrained_study(table: BenchmarkTable, n_seeds: int) -> Iterator[dict[str, object]]:
    """A row for each method, number of queries and device."""
    columns = [column for column in table.columns if column.startswith(LATENCY_PREFIX)]
    for column in columns:
        yield _column_row(table, column, "every cell", every_cell, len(table.architectures), 1)
    for n_queries in (420, 140):
        for column in columns:
            for name, method in CONSTRAINED.items():
                yield _column_row(table, column, name, method, n_queries, n_seeds)


def _column_row(
    table: BenchmarkTable,
    column: str,
    name: str,
    method: Method,
    n_queries: int,
    n_seeds: int,
) -> dict[str, object]:
    latencies_ms = table.values(column)
    quantiles = np.arange(1, N_BUDGETS + 1) / (N_BUDGETS + 1)
    shortfalls, n_over = [], 0
    for limit_ms in np.quantile(list(latencies_ms.values()), quantiles).tolist():
        problem = TabularProblem(table=table, latencies_ms=latencies_ms, limit_ms=limit_ms)
        outcomes = [method(problem, n_queries, seed) for seed in range(n_seeds)]
        n_over += sum(problem.latency_ms(o.architecture) > limit_ms for o in outcomes)
        best = 100 * problem.best_accuracy
        shortfalls.append(float(best - _test_accuracies(problem, outcomes).mean()))
    return {
        "method": name,
        "queries": n_queries,
        "device": column,
        "mean_shortfall": float(np.mean(shortfalls)),
        "shortfall_by_budget": shortfalls,
        "n_over_budget": n_over,
    }


def _test_accuracies(problem: TabularProblem, outcomes: Sequence[Outcome]) -> np.ndarray:
    """``(n_outcomes,)`` in percent."""
    source = problem.source()
    return np.array([100 * source.true_accuracy(o.architecture) for o in outcomes])


@cache
def _in_order(problem: TabularProblem) -> list[Architecture]:
    return sorted(problem.fitting, key=str)


def _best_asked(source: Benchmark, cells: Sequence[Architecture]) -> Outcome:
    best = max(cells, key=lambda cell: (source.accuracy(cell), str(cell)))
    return Outcome(best, source.n_queries)


if __name__ == "__main__":
    main()
