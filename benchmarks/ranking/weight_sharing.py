r"""DDPNAS with real weight sharing on CIFAR-10 images, against uniform sharing and evolution.

    python benchmarks/ranking/weight_sharing.py PATH/nasbench201_cifar10.csv.gz \
        --data cifar10.npz --out FOLDER [--seeds 0 1 2 …]

All train a supernet of NAS-Bench-201's cell for the 42 epochs that DDPNAS takes, on the same
images:

- ddpnas: the paper's; each epoch trains the one path that it asks for, and it returns the cell of
  its best theta
- uniform + evolution: every batch trains a path drawn uniformly; then aging evolution asks the
  trained supernet for ``--queries`` accuracies, and returns the best asked for
- uniform + ours: the same supernet, asked by ``ddpnas-regression``

What each returns is scored by the published test accuracy after 200 epochs. The supernet may be
smaller than the published networks (``--cells``, ``--channels``, ``--input-size``): the cell is
what is searched. A seed that is done is not repeated, and ``weight_sharing.json`` tells of all
that lie in the folder, so that several processes may share the seeds.
"""

import argparse
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from evolution import aging_evolution
from pictures import draw_beside

from hwnas.accuracy import Benchmark, read_benchmark
from hwnas.data import DataSet, load_data
from hwnas.network import Supernet
from hwnas.search import SearchTerms, Strategy, strategy_named
from hwnas.space import Architecture
from hwnas.space.nasbench201 import Nasbench201Space
from hwnas.train import SupernetSettings, SupernetTrainer
from hwnas.whole_file import write_whole

STREAM = 201
"""Apart from the seeds of training."""


def main() -> None:
    """Run the seeds that are not there yet and write ``weight_sharing.json``."""
    arguments = _arguments()
    table = read_benchmark(arguments.table)
    data = load_data(arguments.data, input_size=arguments.input_size)
    space = Nasbench201Space(
        input_size=arguments.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
        cells_a_stage=arguments.cells,
        channels=tuple(arguments.channels * scale for scale in (1, 2, 4)),
    )
    settings = {k: v for k, v in vars(arguments).items() if k not in ("out", "seeds")}
    settings |= {"table": arguments.table.name, "data": Path(arguments.data).name}
    for seed in arguments.seeds:
        file = arguments.out / f"seed-{seed}.json"
        if not file.is_file():
            run = _one_seed(space, data, Benchmark(table), seed, arguments)
            write_whole(file, json.dumps({"settings": settings, "run": run}, indent=2) + "\n")
    kept = [json.loads(file.read_text()) for file in arguments.out.glob("seed-*.json")]
    if any(one["settings"] != settings for one in kept):
        raise SystemExit(f"{arguments.out} holds runs of other settings. Name another --out.")
    runs = sorted((one["run"] for one in kept), key=lambda run: run["seed"])
    document = {"settings": settings, "summary": _summary(runs), "runs": runs}
    path = arguments.out / "weight_sharing.json"
    write_whole(path, json.dumps(document, indent=2) + "\n")
    draw_beside(path)
    print(json.dumps(document["summary"], indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=range(20))
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--epoch-images", type=int, default=45_000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--input-size", type=int, default=32)
    parser.add_argument("--cells", type=int, default=5, help="a stage")
    parser.add_argument("--channels", type=int, default=16, help="of the first stage")
    return parser.parse_args()


def _one_seed(
    space: Nasbench201Space,
    data: DataSet,
    truth: Benchmark,
    seed: int,
    arguments: argparse.Namespace,
) -> dict[str, object]:
    def trainer(rule: str) -> SupernetTrainer:
        settings = SupernetSettings(
            rule=rule,
            epoch_images=arguments.epoch_images,
            batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
        )
        supernet = Supernet(space, torch.Generator().manual_seed(seed))
        return SupernetTrainer(supernet, data, settings, seed=seed)

    row: dict[str, object] = {"seed": seed}

    def note(name: str, found: Architecture, seconds: float) -> None:
        row[name] = {
            "cell": str(found),
            "test_accuracy": 100 * truth.true_accuracy(found),
            "seconds": round(seconds, 1),
        }

    started = perf_counter()
    ddpnas = strategy_named("ddpnas", space.decisions, np.random.default_rng(seed))
    path = trainer("path")
    for epoch in range(ddpnas.n_asks):
        architecture = ddpnas.ask()
        path.train_path(architecture, epoch, ddpnas.n_asks)
        ddpnas.tell(architecture, path.accuracy(architecture))
    note("ddpnas", _best_of_scores(ddpnas), perf_counter() - started)

    started = perf_counter()
    uniform = trainer("spos")
    for epoch in range(ddpnas.n_asks):
        uniform.train_by_rule(epoch, ddpnas.n_asks)
    training = perf_counter() - started
    for name, search in (("uniform + evolution", _evolved), ("uniform + ours", _regressed)):
        started = perf_counter()
        rng = np.random.default_rng((STREAM, seed))
        found = search(space, uniform.accuracy, arguments.queries, rng)
        note(name, found, training + perf_counter() - started)
    return row


def _best_of_scores(strategy: Strategy) -> Architecture:
    return Architecture(tuple(max(row, key=row.__getitem__) for row in strategy.scores.values()))


Ask = Callable[[Architecture], float]


def _evolved(
    space: Nasbench201Space, accuracy: Ask, n_queries: int, rng: np.random.Generator
) -> Architecture:
    cells = list(map(Architecture, product(*(d.options for d in space.decisions))))
    asked = aging_evolution(cells, space.decisions, accuracy, n_queries, rng)
    return max(asked, key=asked.__getitem__)


def _regressed(
    space: Nasbench201Space, accuracy: Ask, n_queries: int, rng: np.random.Generator
) -> Architecture:
    terms = SearchTerms(n_asks=n_queries)
    strategy = strategy_named("ddpnas-regression", space.decisions, rng, terms)
    while not strategy.finished:
        architecture = strategy.ask()
        strategy.tell(architecture, accuracy(architecture))
    return strategy.best[0]


def _summary(runs: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Of each method, in per cent."""
    names = [name for name in runs[0] if name != "seed"]
    found = {name: np.array([run[name]["test_accuracy"] for run in runs]) for name in names}
    return {
        name: {
            "mean": float(accuracies.mean()),
            "deviation": float(accuracies.std()),
            "worst": float(accuracies.min()),
        }
        for name, accuracies in found.items()
    }


if __name__ == "__main__":
    main()
