r"""Accuracy regressed from what a search asked of its supernet, on networks it did not ask for.

    hwnas search --strategy foxnas --data DATA --latency 0.5ms --keep-supernet --out RUN
    python benchmarks/foxnas/accuracy.py RUN --unseen 60 --out FILE.json

Random networks of the space are scored by the run's supernet as the search scored its own
(quantized, with BatchNorm statistics of their own), but on all validation and test images: a
network's score on few images is mostly chance. How well half of the images order the networks as
the other half does tells how far any prediction can be seen to be right. Networks that were
scored are kept beside FILE and not scored again.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from hwnas.data import DataSet, LabelledImages, load_data
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.exploration import kept_run
from hwnas.pipeline.kept_supernet import read_supernet
from hwnas.pipeline.propose import accuracy_regression
from hwnas.pipeline.scores import SupernetScores
from hwnas.pipeline.supernet import supernet_trainer
from hwnas.regression import ArchitectureRegression, kendall_tau
from hwnas.search.pool import Pool
from hwnas.space import Architecture, attributes_of, random_architecture
from hwnas.train import SupernetTrainer
from hwnas.train.images import TrainingImages
from hwnas.train.loss import Logits, share_right
from hwnas.train.recalibrate import Images
from hwnas.whole_file import write_whole

STREAM = 77
"""Apart from the seeds of searches."""
N_SPLITS = 5


def main() -> None:
    """Score networks that are not scored yet, and hold the regression against them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--unseen", type=int, default=60)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    exploration = kept_run(arguments.run).exploration
    space = exploration.origin.space
    asked = {told.architecture for told in exploration.told}
    drawn: dict[Architecture, None] = {}
    rng = np.random.default_rng(STREAM)
    while len(drawn) < arguments.unseen:
        network = random_architecture(space, rng)
        if network not in asked:
            drawn.setdefault(network)
    kept = arguments.out.with_suffix(".scores.json")
    halves = np.array(_scored(arguments.run, list(drawn), kept))
    truth = halves.mean(axis=1)
    pool = Pool(space.decisions)
    unseen = np.array([pool.row(network) for network in drawn])
    rows = np.array([pool.row(told.architecture) for told in exploration.told])
    known = np.array([told.accuracies.deployed("int8") for told in exploration.told])
    learned = accuracy_regression(space, exploration, "int8")
    attributes = attributes_of(space)

    def tau_from(n: int, seed: int) -> float:
        some = np.random.default_rng(seed).permutation(len(rows))[:n]
        fewer = ArchitectureRegression.of(attributes, rows[some], known[some], "accuracy")
        return kendall_tau(fewer.predict(unseen), truth)

    document = {
        "run": arguments.run.name,
        "n_asked": len(rows),
        "n_unseen": len(unseen),
        "spread_of_asked": [float(known.min()), float(known.max()), float(known.std())],
        "spread_of_unseen": [float(truth.min()), float(truth.max()), float(truth.std())],
        "kendall_tau": kendall_tau(learned.predict(unseen), truth),
        "halves_kendall_tau": kendall_tau(halves[:, 0], halves[:, 1]),
        "mean_error_points": float(100 * np.abs(learned.predict(unseen) - truth).mean()),
        "cross_validated": vars(learned.learned.quality),
        "learned_from": {
            n: float(np.mean([tau_from(n, seed) for seed in range(N_SPLITS)]))
            for n in (50, 100, 150, 200, 250)
            if n < len(rows)
        },
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


class Halves:
    """A trainer that scores by all validation and test images, and keeps both halves' shares."""

    def __init__(self, trainer: SupernetTrainer, data: DataSet) -> None:
        self._trainer = trainer
        self.recalibrated = trainer.recalibrated
        self.calibration_images = trainer.calibration_images
        images = np.concatenate([data.validation.images, data.test.images])
        labels = np.concatenate([data.validation.labels, data.test.labels])
        both = LabelledImages(images=images, labels=labels)
        self._images = TrainingImages(both, data, torch.device("cpu"))
        self._order = np.random.default_rng(STREAM).permutation(len(both))
        self._n_answers = 0
        self.shares: list[tuple[float, float]] = []

    def share_right(self, answer: Callable[[Images], Logits]) -> float:
        """Of every second answer, which is int8: float takes twice as long and is not asked."""
        self._n_answers += 1
        if self._n_answers % 2:
            return float("nan")
        first, second = (
            share_right(answer, self._images, part) for part in np.array_split(self._order, 2)
        )
        self.shares.append((first, second))
        return (first + second) / 2


def _scored(run: Path, networks: list[Architecture], file: Path) -> list[tuple[float, float]]:
    kept = json.loads(file.read_text()) if file.is_file() else {}
    missing = [network for network in networks if str(network) not in kept]
    if missing:
        origin, weights = read_supernet(run)
        data = load_data(origin.data, input_size=None)
        trainer = supernet_trainer(origin.space, data, origin.settings, origin.seed)
        trainer.supernet.load_state_dict(weights)
        halves = Halves(trainer, data)
        scores = SupernetScores(halves, device_with("local", threads=1))  # type: ignore[arg-type]
        for number, network in enumerate(missing, start=1):
            scores.accuracies(network)
            kept[str(network)] = halves.shares[-1]
            write_whole(file, json.dumps(kept))
            print(f"{number} of {len(missing)}: {halves.shares[-1]}", flush=True)
    return [(kept[str(network)][0], kept[str(network)][1]) for network in networks]


if __name__ == "__main__":
    main()
