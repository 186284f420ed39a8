"""What MGAS's benchmarks share: their options, and rows that are kept, one file each."""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from hwnas.data import DataSet, load_data
from hwnas.network.granular import Granularity, Relaxed
from hwnas.space import Space, space_named
from hwnas.space.prunable import prunable
from hwnas.train import Finetuner, FinetuneSettings
from hwnas.train.hardware import training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.loss import share_right
from hwnas.train.mgas import Costs, History, MgasSettings, Pruner
from hwnas.whole_file import write_whole

SUBSET_SEED = 20_990_103
BATCH_SIZE, LEARNING_RATE = 64, 0.05
"""Of the final training."""
Row = dict[str, Any]
OF_ROWS = {"out", "seeds", "targets", "ways", "latencies"}
"""Options that rows are named by; a folder's rows share all others."""


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """With the options of every benchmark here."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="As --data of hwnas search")
    parser.add_argument("--space", default=str(Path(__file__).with_name("space.toml")))
    parser.add_argument("--out", type=Path, required=True, help="A folder of rows, gone on with")
    parser.add_argument("--images", type=int, default=0, help="Training images; 0 takes all")
    parser.add_argument("--epoch-images", type=int, default=2048)
    parser.add_argument("--prune-epochs", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=10, help="Of final training, for all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser


def same_options(arguments: argparse.Namespace) -> None:
    """Refuse to go on in a folder whose rows were made with other options."""
    path = arguments.out / "options.json"
    asked = {name: value for name, value in vars(arguments).items() if name not in OF_ROWS}
    if path.is_file():
        known = json.loads(path.read_text())
        other = [f"{name} {known.get(name)}" for name in asked if known.get(name) != asked[name]]
        if other:
            raise SystemExit(f"{path} says {', '.join(other)}. Give the same, or another --out.")
    write_whole(path, json.dumps(asked, indent=2) + "\n")


def kept(folder: Path, name: str, make: Callable[[], Row]) -> Row:
    """The row of that name, made once: a benchmark that is stopped goes on with the next."""
    path = folder / f"{name}.json"
    if not path.is_file():
        write_whole(path, json.dumps(make(), indent=2) + "\n")
        print(f"{path.name} made", flush=True)
    row: Row = json.loads(path.read_text())
    return row


@dataclass(frozen=True)
class Bench:
    """Images, a chain and how long everything is trained, equal for all rows."""

    arguments: argparse.Namespace
    data: DataSet
    space: Space

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Bench":
        """As the command line says; a subset of images is the same for every row."""
        same_options(arguments)
        data = load_data(arguments.data)
        if arguments.images:
            order = np.random.default_rng(SUBSET_SEED).permutation(len(data.train))
            data = replace(data, train=data.train.take(order[: arguments.images]))
        space = space_named(
            arguments.space,
            input_size=data.input_size,
            in_channels=data.in_channels,
            n_classes=data.n_classes,
        )
        return cls(arguments, data, space)

    def pruned(
        self,
        name: str,
        most: int,
        seed: int,
        granularities: tuple[Granularity, ...],
        **settings: int,
    ) -> tuple[Relaxed, History]:
        """Down to so many parameters that are not pruned."""
        pruner = Pruner(
            prunable(self.space),
            self.data,
            MgasSettings(
                granularities=granularities,
                epoch_images=self.arguments.epoch_images,
                validation_images=500,
                **({"most_epochs": self.arguments.prune_epochs} | settings),
            ),
            seed=seed,
            checkpoint=self.work / f"{name}.pruning.pt",
            on_epoch=lambda phase, done, total, note: print(
                f"{name} {phase} {done}/{total} {note}", flush=True
            ),
        )
        chain = pruner.run(Costs.of_parameters(most))
        return chain, pruner.history

    def trained(self, name: str, network: nn.Module, seed: int, epochs: int) -> nn.Module:
        """To the end; weights that are zero stay zero."""
        recipe = FinetuneSettings(
            epochs=epochs, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE
        )
        finetuner = Finetuner(network, self.data, recipe, seed=seed)
        return finetuner.run(
            self.work / f"{name}.finetune.pt",
            lambda done, total, accuracy: print(
                f"{name} {done}/{total} accuracy {accuracy:.3f}", flush=True
            ),
        )

    def test_accuracy(self, network: nn.Module) -> float:
        """Share of test images classified right, in float."""
        hardware = training_hardware()
        images = TrainingImages(self.data.test, self.data, hardware)
        answer = network.to(hardware).eval()
        return share_right(answer, images, np.arange(len(images)))

    @property
    def work(self) -> Path:
        """Where checkpoints lie."""
        folder: Path = self.arguments.out / "work"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def n_nonzero(network: nn.Module) -> int:
    """Parameters, without the weights of convolutions and matrices that are zero."""
    return sum(int((p != 0).sum()) if p.ndim > 1 else p.numel() for p in network.parameters())


def grouped(rows: Iterable[Row], keys: tuple[str, ...], figure: str) -> list[Mapping[str, Any]]:
    """Mean and range of a figure over the seeds, for each combination of ``keys``."""
    groups: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row[figure])
    return [
        {
            **dict(zip(keys, group, strict=True)),
            figure: float(np.mean(values)),
            "least": min(values),
            "most": max(values),
            "n": len(values),
        }
        for group, values in groups.items()
    ]
