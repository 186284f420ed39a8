r"""Whether all three granularities together beat each alone at equal kept parameters.

    python benchmarks/mgas/granularities.py CIFAR10.npz --out FOLDER \
        [--images 40000 --epochs 10 --targets 45000 90000 180000 --seeds 0 1 2]

Ways: all three; operations, filters or weights alone; and operations to twice the target, then
the weights of least magnitude, half of the final training before and half after. Images, search
epochs and epochs of final training are equal for all. Each row is a file of the folder; stopped,
the same command goes on. ``summary.json`` has the means.
"""

import json
import time
from functools import partial

import torch
from rows import Bench, Row, grouped, kept, n_nonzero, parser_of
from torch import nn

from hwnas.network.granular import GRANULARITIES
from hwnas.whole_file import write_whole

THEN_MAGNITUDE = "op, then magnitude"
WAYS = (",".join(GRANULARITIES), *GRANULARITIES, THEN_MAGNITUDE)
FIRST = 2
"""Times the target that operations are pruned to before magnitudes are."""


def main() -> None:
    """Every way at every target with every seed."""
    parser = parser_of(__doc__)
    parser.add_argument("--targets", type=int, nargs="+", default=[45_000, 90_000, 180_000])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    arguments = parser.parse_args()
    bench = Bench.of(arguments)
    rows = []
    for seed in arguments.seeds:
        for target in arguments.targets:
            for way in arguments.ways:
                words = "-".join(way.replace(",", " ").split())
                name = f"{words}-{target}-{seed}"
                make = partial(_row, bench, name, way, target, seed)
                rows.append(kept(arguments.out, name, make))
    summary = grouped(rows, ("target", "way", "is_reached"), "test_accuracy")
    write_whole(arguments.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    for line in summary:
        print(line)


def _row(bench: Bench, name: str, way: str, target: int, seed: int) -> Row:
    begun = time.perf_counter()
    if way == THEN_MAGNITUDE:
        network, left = _then_magnitude(bench, name, target, seed)
    else:
        searched = tuple(way.split(","))
        chain, history = bench.pruned(name, target, seed, searched)  # type: ignore[arg-type]
        network = bench.trained(name, chain.pruned(), seed, bench.arguments.epochs)
        left = history.moments[-1].left
    return {
        "way": way,
        "target": target,
        "seed": seed,
        "kept_parameters": n_nonzero(network),
        "is_reached": n_nonzero(network) <= target,
        "dense_parameters": sum(p.numel() for p in network.parameters()),
        "test_accuracy": bench.test_accuracy(network),
        "left": left,
        "seconds": round(time.perf_counter() - begun, 1),
    }


def _then_magnitude(bench: Bench, name: str, target: int, seed: int) -> tuple[nn.Module, object]:
    """Operations first; half of the training; then the weights of least magnitude go."""
    half = max(1, bench.arguments.epochs // 2)
    chain, history = bench.pruned(name, FIRST * target, seed, ("op",))
    network = bench.trained(f"{name}.first", chain.pruned(), seed, half)
    weights = [p for n, p in network.named_parameters() if p.ndim == 4 and not n.startswith("0.")]
    n_surplus = max(0, sum(p.numel() for p in network.parameters()) - target)
    magnitudes = torch.cat([weight.detach().abs().flatten() for weight in weights])
    cut = magnitudes.sort()[0][n_surplus - 1] if n_surplus else torch.tensor(-1.0)
    with torch.no_grad():
        for weight in weights:
            weight.mul_(weight.abs() > cut)
    last = max(1, bench.arguments.epochs - half)
    return bench.trained(name, network, seed, last), history.moments[-1].left


if __name__ == "__main__":
    main()
