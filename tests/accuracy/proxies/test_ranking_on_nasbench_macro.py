"""Proxies that need no data, against the published accuracies of random networks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from hwnas.accuracy import Benchmark, read_benchmark
from hwnas.accuracy.proxies import ZeroCostSource
from hwnas.space import random_architecture
from hwnas.space.nasbench_macro import NasbenchMacroSpace

TABLE = Path(__file__).parents[3].parent / "shared/data/nas-bench-macro_cifar10.json"
SPACE = NasbenchMacroSpace()
BATCH = torch.zeros(2, 3, 32, 32), torch.tensor([0, 1])


@pytest.fixture(scope="module")
def truth() -> Benchmark:
    if not TABLE.exists():
        pytest.skip(f"needs {TABLE.name}")
    return Benchmark(read_benchmark(TABLE))


@pytest.mark.parametrize("proxy", ["macs", "synflow"])
def test_a_higher_score_is_a_better_network(truth: Benchmark, proxy: str) -> None:
    rng = np.random.default_rng(0)
    networks = [random_architecture(SPACE, rng) for _ in range(50)]
    source = ZeroCostSource(SPACE, proxy, BATCH, seed=0)
    scores = [source.score(network) for network in networks]
    accuracies = [truth.accuracy(network) for network in networks]
    tau = stats.kendalltau(scores, accuracies).statistic
    assert tau > 0.3  # three standard errors of a random order
