"""DDPNAS and the generator on NAS-Bench-Macro under latency budgets measured here.

    python benchmarks/nasbench_macro.py PATH/nas-bench-macro_cifar10.json [--device x86-cpu]

The blocks of the space are profiled on the device (int8, 32x32 images). 20 budgets lie evenly
over the reachable range; for each of 20 seeds one search asks for 150 accuracies, and the
generator's ten best candidates of each budget are re-ranked by asking. Shortfall: accuracy of the
best network that fits, less that of the best of the ten, in percentage points.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

import numpy as np

import hwnas
from hwnas.accuracy import Benchmark, read_benchmark
from hwnas.latency import LatencyModel, latency_model
from hwnas.search import Ddpnas, DdpnasSettings, Generator
from hwnas.space import all_blocks, blocks_of
from hwnas.space.nasbench_macro import NasbenchMacroSpace

SPACE = NasbenchMacroSpace()
SETTINGS = DdpnasSettings(steps=50, final_options=2, temperature=0.05)
"""150 queries. Accuracies of a table carry no training noise and an option moves them by points,
so the paper's temperature of 0.01 would let one option take all.
"""
N_SEEDS, N_BUDGETS, N_RANKED = 20, 20, 10


def main() -> None:
    """Run all seeds and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--device", default="local")
    arguments = parser.parse_args()
    latencies = hwnas.profile(
        arguments.device, space="nasbench-macro", input_size=32, in_channels=3, n_classes=10
    )
    model = latency_model(latencies, all_blocks(SPACE))
    truth = Benchmark(read_benchmark(arguments.table))
    predicted_ms = np.array([model.predict_ms(blocks_of(SPACE, a)) for a in truth.architectures])
    accuracy = np.array([truth.accuracy(a) for a in truth.architectures])
    budgets_ms = np.linspace(predicted_ms.min(), predicted_ms.max(), N_BUDGETS + 2)[1:-1]
    best_that_fits = np.array([accuracy[predicted_ms <= b].max() for b in budgets_ms])
    found, queries = zip(
        *(_one_seed(arguments.table, model, budgets_ms, seed) for seed in range(N_SEEDS)),
        strict=True,
    )
    shortfall = 100 * (best_that_fits - np.array(found))
    print(
        json.dumps(
            {
                "device": latencies.header.device.name,
                "cpu": latencies.header.fingerprint.cpu,
                "latency_range_ms": [predicted_ms.min(), predicted_ms.max()],
                "search_queries": max(queries),
                "mean_shortfall": shortfall.mean(),
                "worst_budget_shortfall": shortfall.mean(axis=0).max(),
                "worst_single_shortfall": shortfall.max(),
            },
            indent=2,
        )
    )


def _one_seed(
    table: Path, model: LatencyModel, budgets_ms: np.ndarray, seed: int
) -> tuple[list[float], int]:
    source = Benchmark(read_benchmark(table))
    search = Ddpnas(SPACE.decisions, np.random.default_rng(seed), SETTINGS)
    while not search.finished:
        asked = search.ask()
        search.tell(asked, source.accuracy(asked))
    queries = search.n_asked
    generator = Generator(SPACE, search.scores, [model.block_ms])
    found = []
    for budget_ms in budgets_ms:
        ranked = islice(generator.best([budget_ms - model.constant_ms]), N_RANKED)
        found.append(max(source.accuracy(candidate.architecture) for candidate in ranked))
    return found, queries


if __name__ == "__main__":
    main()
