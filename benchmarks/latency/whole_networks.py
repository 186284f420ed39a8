"""Block costs from whole networks' latencies: how well they predict networks never seen.

    python benchmarks/latency/whole_networks.py TABLES --out benchmarks/latency/whole-networks.json

TABLES holds the two files of published latencies.

*Many*: 500 of Once-for-All's 5,000 networks, drawn by five seeds, predict the others on each GPU.
*Few*: each of NAS-Bench-201's 11 devices from ten cells and one other device, each of the ten
others in turn; Spearman's correlation over the rest. Then for 10 budgets a device, the quantiles
k/11 of its latencies, ``ddpnas-regression`` searches the transferred latencies with 140 queries:
is the cell it returns within the budget on the true device, and how far below the best that is?
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hwnas.accuracy import BenchmarkTable
from hwnas.pipeline.fit_table import Fit, FitRequest
from hwnas.pipeline.measured_networks import MeasuredNetworks
from hwnas.pipeline.tabular import TabularProblem, search_benchmark
from hwnas.whole_file import write_whole

SERVERS, CELLS = "ofa_mobilenetv3_gpu_latency.csv.gz", "nasbench201_cifar10.csv.gz"
N_TRAIN, N_SAMPLES, N_BUDGETS, N_QUERIES = 500, 10, 10, 140


def main() -> None:
    """Run both studies and write every row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5, help="of the many")
    arguments = parser.parse_args()
    document: dict[str, list[dict[str, Any]]] = {"many": [], "few": []}
    studies = {
        "many": _many(arguments.tables / SERVERS, arguments.seeds),
        "few": _few(arguments.tables / CELLS),
    }
    for name, rows in studies.items():
        for row in rows:
            document[name].append(row)
            print(json.dumps(row), flush=True)
            write_whole(arguments.out, json.dumps(document, indent=2) + "\n")


def _many(path: Path, n_seeds: int) -> Iterator[dict[str, Any]]:
    measured = MeasuredNetworks(path)
    for column in measured.columns:
        for seed in range(n_seeds):
            request = FitRequest(measurements=path, column=column, n_train=N_TRAIN, seed=seed)
            found = Fit(request, measured).report(None)
            assert found.tested is not None
            yield {
                "column": column,
                "seed": seed,
                "within_5": found.tested.within_5,
                "within_10": found.tested.within_10,
                "mape": found.tested.mape,
                "cross_validated_mape": found.cross_validated.mape,
                "spearman": found.spearman,
                "margin": found.margin,
                "kept": found.kept,
            }


def _few(path: Path) -> Iterator[dict[str, Any]]:
    measured = MeasuredNetworks(path)
    for column in measured.columns:
        for prior in measured.columns:
            if prior != column:
                request = FitRequest(
                    measurements=path, column=column, prior=prior, n_samples=N_SAMPLES
                )
                fit = Fit(request, measured)
                found = fit.report(None)
                yield {
                    "column": column,
                    "prior": prior,
                    "spearman": found.spearman,
                    "margin": found.margin,
                    "kept": found.kept,
                    **_searched(measured.benchmark, fit),
                }


def _searched(table: BenchmarkTable, fit: Fit) -> dict[str, Any]:
    """How searches fare that know the transferred latencies only, with their margin."""
    true_ms = dict(zip(fit.measured.architectures, fit.latencies_ms.tolist(), strict=True))
    safe_ms = dict(zip(fit.measured.architectures, fit.predicted.safe_ms.tolist(), strict=True))
    kept, shortfalls, n_hopeless = [], [], 0
    for limit_ms in np.quantile(list(true_ms.values()), np.arange(1, 11) / 11).tolist():
        problem = TabularProblem(table=table, latencies_ms=safe_ms, limit_ms=limit_ms)
        if not problem.fitting:
            n_hopeless += 1
            continue
        found = search_benchmark(problem, "ddpnas-regression", seed=0, n_queries=N_QUERIES)
        truth = TabularProblem(table=table, latencies_ms=true_ms, limit_ms=limit_ms)
        kept.append(true_ms[found.architecture] <= limit_ms)
        accuracy = found.source.true_accuracy(found.architecture)
        shortfalls.append(100 * (truth.best_accuracy - accuracy))
    return {
        "n_searches": len(kept),
        "n_hopeless": n_hopeless,
        "n_kept": int(np.sum(kept)),
        "mean_shortfall": float(np.mean(shortfalls)),
    }


if __name__ == "__main__":
    main()
