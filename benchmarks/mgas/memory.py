r"""What training memory stages save against everything at once, and what they cost in accuracy.

    python benchmarks/mgas/memory.py CIFAR10.npz --out FOLDER \
        [--images 40000 --epochs 10 --target 60000 --seeds 0 1 2]

The same supernet in three stages and in one, down to the same kept parameters in as many epochs at
most: the phases of one stage are longer. Memory is the bytes
that autograd holds for the backward pass of one step, as ``hwnas`` measures it in every run. Each
row is a file of the folder; stopped, the same command goes on.
"""

import json
from functools import partial

from rows import Bench, Row, grouped, kept, n_nonzero, parser_of

from hwnas.network.granular import GRANULARITIES
from hwnas.whole_file import write_whole

STAGES = (3, 1)
BESIDE = 2
"""Epochs of a phase that do not prune: the first and the last."""


def main() -> None:
    """Both ways with every seed."""
    parser = parser_of(__doc__)
    parser.add_argument("--target", type=int, default=60_000)
    arguments = parser.parse_args()
    bench = Bench.of(arguments)
    rows = [
        kept(arguments.out, f"{n_stages}-stages-{seed}", partial(_row, bench, n_stages, seed))
        for seed in arguments.seeds
        for n_stages in STAGES
    ]
    figures = ("test_accuracy", "memory_share")
    summary = [line for figure in figures for line in grouped(rows, ("n_stages",), figure)]
    write_whole(arguments.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    for line in summary:
        print(line)


def _row(bench: Bench, n_stages: int, seed: int) -> Row:
    name, target = f"{n_stages}-stages-{seed}", bench.arguments.target
    longest = bench.arguments.prune_epochs + BESIDE
    most_epochs = longest * (max(STAGES) + 1) // (n_stages + 1) - BESIDE
    chain, history = bench.pruned(
        name, target, seed, GRANULARITIES, n_stages=n_stages, most_epochs=most_epochs
    )
    network = bench.trained(name, chain.pruned(), seed, bench.arguments.epochs)
    phases = {phase.phase: phase.n_bytes for phase in history.memory}
    return {
        "n_stages": n_stages,
        "seed": seed,
        "target": target,
        "kept_parameters": n_nonzero(network),
        "phase_bytes": phases,
        "all_at_once_bytes": history.all_at_once_bytes,
        "memory_share": max(phases.values()) / history.all_at_once_bytes,
        "supernet_accuracies": history.accuracies,
        "test_accuracy": bench.test_accuracy(network),
    }


if __name__ == "__main__":
    main()
