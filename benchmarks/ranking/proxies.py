r"""How well the zero-cost proxies rank networks whose accuracy is published.

    python benchmarks/ranking/proxies.py TABLES --data cifar10.npz --scores FOLDER \
        --out benchmarks/ranking/proxies.json

TABLES holds the NAS-Bench-Macro and NAS-Bench-201 tables. Random networks of both spaces are
scored by every proxy on one batch; each network's scores are appended to a file in FOLDER, so that
the same command goes on where it was stopped.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pictures import draw_beside
from torch import nn

from hwnas.accuracy import Benchmark, read_benchmark
from hwnas.accuracy.proxies import PROXIES, WORST_SCORE, average_ranks, score_network
from hwnas.accuracy.ranking import Ranking, kendall_tau, ranking
from hwnas.data import load_data
from hwnas.network import build
from hwnas.pipeline.supernet import proxy_batch
from hwnas.space import Space, blocks_of
from hwnas.space.nasbench201 import Nasbench201Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.train.images import Batch
from hwnas.whole_file import write_whole

PUBLISHED_TAUS = {
    "macs": 0.5292,
    "parameters": 0.5664,
    "snip": 0.5116,
    "synflow": 0.5883,
    "zen": 0.4880,
    "naswot": 0.5513,
    "grasp": 0.3405,
}
"""NAS-Bench-201, CIFAR-10, as drawn in the RD-NAS figure; its networks and seeds are not told."""

ENSEMBLES = {
    "all but grasp": tuple(name for name in PROXIES if name != "grasp"),
    "synflow + naswot": ("synflow", "naswot"),
    "jacobian-covariance + synflow + snip": ("jacobian-covariance", "synflow", "snip"),
}
"""The last is the vote of Abdelfattah et al. (2021)."""

N_DRAWN = 200
MOST_NETWORKS = {"grasp": 60}
"""Half the time would be GraSP's second derivatives, so it scores the first networks only."""


@dataclass(frozen=True, kw_only=True)
class KnownNetwork:
    """A network, how to build it untrained from a seed, and its published accuracy in percent."""

    name: str
    accuracy: float
    build: Callable[[int], nn.Module]
    sizes: Mapping[str, int]


def published_networks(path: Path, space: Space) -> Iterator[KnownNetwork]:
    """All networks of a table, with their full test accuracy."""
    table = read_benchmark(path)
    truth = Benchmark(table)
    for architecture in truth.architectures:
        blocks = blocks_of(space, architecture)
        yield KnownNetwork(
            name=table.encoding.write(architecture),
            accuracy=100 * truth.true_accuracy(architecture),
            build=partial(build, blocks),
            sizes={
                "parameters": sum(block.n_parameters for block in blocks),
                "macs": sum(block.n_macs for block in blocks),
            },
        )


BENCHMARKS: Mapping[str, tuple[str, Space]] = {
    "nasbench-macro": ("nas-bench-macro_cifar10.json", NasbenchMacroSpace()),
    "nasbench201": ("nasbench201_cifar10.csv.gz", Nasbench201Space()),
}
"""The table's file, and the space its networks are built in."""


def scored_rows(
    networks: Sequence[KnownNetwork], batch: Batch, path: Path, seed: int
) -> list[dict[str, Any]]:
    """Every network's accuracy, and its score and seconds by each proxy, from ``path`` or new."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = {row["name"]: row for row in map(json.loads, lines)}
    for index, network in enumerate(networks):
        row = rows.setdefault(network.name, {"name": network.name, "accuracy": network.accuracy})
        wanted = {n for n in PROXIES if index < MOST_NETWORKS.get(n, len(networks))} - row.keys()
        if wanted:
            made = network.build(seed)
            row |= {n: asdict(score_network(PROXIES[n], made, batch, seed=seed)) for n in wanted}
            with path.open("a") as file:
                print(json.dumps(row), file=file)
    return [rows[network.name] for network in networks]


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How each proxy and ensemble ranks, and seconds and failures of each proxy."""
    return {
        "n_networks": len(rows),
        "proxies": {name: _proxy_summary(rows, name) for name in PROXIES},
        "ensembles": {name: asdict(_ranking(rows, names)) for name, names in ENSEMBLES.items()},
    }


def whole_table(networks: Sequence[KnownNetwork]) -> dict[str, float]:
    """Kendall's tau of the sizes over all networks, which needs no scores."""
    accuracies = np.array([network.accuracy for network in networks])
    return {
        name: kendall_tau(np.array([n.sizes[name] for n in networks]), accuracies)
        for name in ("parameters", "macs")
    }


def _proxy_summary(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    scored = [row for row in rows if name in row]
    return {
        **asdict(_ranking(scored, [name])),
        "median_seconds": float(np.median([row[name]["seconds"] for row in scored])),
        "n_failed": sum(row[name]["score"] == WORST_SCORE for row in scored),
    }


def _ranking(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Ranking:
    """By the average rank that these proxies give."""
    scores = {name: np.array([row[name]["score"] for row in rows]) for name in names}
    truth: NDArray[np.float64] = np.array([row["accuracy"] for row in rows])
    return ranking(average_ranks(scores), truth, np.random.default_rng(0))


def main() -> None:
    """Score, rank, and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--networks", type=int, default=N_DRAWN, help="of the 200 drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=BENCHMARKS)
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    arguments.scores.mkdir(parents=True, exist_ok=True)
    batch = proxy_batch(load_data(arguments.data, input_size=32), arguments.seed)
    results = {}
    for name in [arguments.only] if arguments.only else list(BENCHMARKS):
        file, space = BENCHMARKS[name]
        networks = list(published_networks(arguments.tables / file, space))
        rng = np.random.default_rng(arguments.seed)
        drawn = rng.choice(len(networks), N_DRAWN, replace=False)[: arguments.networks]
        path = arguments.scores / f"{name}-{arguments.seed}.jsonl"
        rows = scored_rows([networks[i] for i in drawn], batch, path, arguments.seed)
        results[name] = summary(rows) | {"whole_table": whole_table(networks)}
    document = {
        "batch_size": len(batch[1]),
        "seed": arguments.seed,
        "torch": torch.__version__,
        "published_nasbench201_taus": PUBLISHED_TAUS,
        "benchmarks": results,
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    draw_beside(arguments.out)
    print(arguments.out.read_text(), end="")


if __name__ == "__main__":
    main()
