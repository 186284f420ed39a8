"""DDPNAS and the generator together against a published table of all 6561 networks.

NAS-Bench-Macro (Su et al. 2021), CIFAR-10, mean of three trainings. A budget's *shortfall* is the
accuracy of the best network within it, less that of the best of the generator's first ten.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.device import shipped_folder
from hwnas.latency import AdditiveModel
from hwnas.search import Ddpnas, DdpnasSettings, Generator
from hwnas.space import Architecture, blocks_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace, architecture_from_digits
from hwnas.table import read_table

TABLE = Path(__file__).parents[2].parent / "shared/data/nas-bench-macro_cifar10.json"
SPACE = NasbenchMacroSpace()
(SHIPPED,) = shipped_folder("latency_tables").glob("x86-cpu-int8-t1-b1-*.jsonl")
LATENCIES = read_table(SHIPPED)
SETTINGS = DdpnasSettings(steps=50, final_options=2, temperature=0.05)
N_QUERIES, N_SEEDS, N_BUDGETS, N_RANKED = 150, 20, 20, 10
Price = Callable[[BlockSpec], float]
Truth = Mapping[Architecture, float]
"""Accuracy in percent."""


@pytest.fixture(scope="module")
def truth() -> Truth:
    if not TABLE.exists():
        pytest.skip(f"needs {TABLE.name}")
    rows = json.loads(TABLE.read_text())
    return {architecture_from_digits(k): row["mean_acc"] for k, row in rows.items()}


def scores_of(truth: Truth, seed: int) -> dict[str, dict[str, float]]:
    search = Ddpnas(SPACE.decisions, np.random.default_rng(seed), SETTINGS)
    while not search.finished:
        asked = search.ask()
        search.tell(asked, truth[asked] / 100)
    assert search.n_asked <= N_QUERIES
    return {name: dict(row) for name, row in search.scores.items()}


def shortfalls(truth: Truth, price: Price) -> NDArray[np.float64]:
    """``(n_seeds, n_budgets)`` percentage points; budgets evenly between the extremes."""
    costs = np.array([sum(map(price, blocks_of(SPACE, a))) for a in truth])
    accuracies = np.array(list(truth.values()))
    budgets = np.linspace(costs.min(), costs.max(), N_BUDGETS + 2)[1:-1]
    rows = []
    for seed in range(N_SEEDS):
        generator = Generator(SPACE, scores_of(truth, seed), [price])
        best = [_best_ranked(truth, generator, budget) for budget in budgets]
        rows.append([accuracies[costs <= b].max() for b in budgets] - np.array(best))
    return np.array(rows)


def _best_ranked(truth: Truth, generator: Generator, budget: float) -> float:
    candidates = itertools.islice(generator.best([budget]), N_RANKED)
    return max(truth[candidate.architecture] for candidate in candidates)


def milliseconds(block: BlockSpec) -> float:
    """As profiled on the x86-cpu device in int8, from the table that ships with hwnas."""
    return AdditiveModel(LATENCIES).block_ms(block)


PRICES: dict[str, Price] = {
    "milliseconds": milliseconds,
    "macs": lambda block: block.n_macs,
    "parameters": lambda block: block.n_parameters,
    "overhead": lambda b: 5 + b.n_macs / 1e6 + 3 * getattr(b, "kernel_size", 1),
}


@pytest.mark.parametrize("price", PRICES)
def test_150_queries_find_nearly_the_best_network_of_every_budget(
    truth: Truth, price: str
) -> None:
    missed = shortfalls(truth, PRICES[price])
    assert missed.mean() <= 0.15
    assert missed.mean(axis=0).max() <= 0.4
    assert missed.max() <= 1.1
