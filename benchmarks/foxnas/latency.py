r"""Latency regressed from few whole networks, beside the table of blocks, on networks of neither.

hwnas table score --space foxnas --data fashion-mnist --samples 300 --threads 1 --json > networks.json
python benchmarks/foxnas/latency.py networks.json --out latency.json
"""  # noqa: E501 - a command

import argparse
import json
from pathlib import Path

import numpy as np

from hwnas.latency import LatencyScore, score
from hwnas.regression import ArchitectureRegression
from hwnas.search.pool import Pool
from hwnas.space import Architecture, attributes_of, space_named
from hwnas.whole_file import write_whole

N_SPLITS = 10


def main() -> None:
    """Learn from 50, 100 and 150 of the networks, and predict others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", type=Path, help="what hwnas table score --json printed")
    parser.add_argument("--space", default="foxnas-cpu")
    parser.add_argument("--input-size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    space = space_named(
        arguments.space,
        input_size=arguments.input_size,
        in_channels=arguments.channels,
        n_classes=10,
    )
    told = json.loads(arguments.networks.read_text())["networks"]
    pool = Pool(space.decisions)
    rows = np.array([pool.row(Architecture(tuple(t["choices"].split(",")))) for t in told])
    measured = np.array([network["measured_ms"] for network in told])
    from_blocks = np.array([network["predicted_ms"] for network in told])
    found = []
    for n in (50, 75, 100, 150):
        figures = []
        for seed in range(N_SPLITS):
            order = np.random.default_rng(seed).permutation(len(rows))
            seen, unseen = order[:n], order[max(n, 100) :]
            regression = ArchitectureRegression.of(
                attributes_of(space), rows[seen], measured[seen], "latency"
            )
            predicted = score(regression.predict(rows[unseen]), measured[unseen])
            table = score(from_blocks[unseen], measured[unseen])
            figures.append((predicted.mape, _tau(predicted), table.mape, _tau(table)))
        names = ("mape", "kendall_tau", "table_mape", "table_kendall_tau")
        means = dict(zip(names, np.mean(figures, axis=0).round(4).tolist(), strict=True))
        means["worst_mape"] = max(one[0] for one in figures)
        means["worst_tau"] = min(one[1] for one in figures)
        found.append({"n": n} | means)
        print(found[-1])
    write_whole(arguments.out, json.dumps(found, indent=2) + "\n")


def _tau(found: LatencyScore) -> float:
    return -1.0 if found.kendall_tau is None else found.kendall_tau


if __name__ == "__main__":
    main()
