"""The options that DONNA's benchmarks share, and the steps that they lead to."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from hwnas.data import DataSet, LabelledImages, load_data
from hwnas.pipeline.distilled import Distillation, workers_at
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.reference import donna_space
from hwnas.space import space_named
from hwnas.train import FinetuneSettings
from hwnas.train.blockwise import BlockwiseSettings


def add_options(parser: argparse.ArgumentParser) -> None:
    """Data, space, and how long everything is trained."""
    parser.add_argument("data")
    parser.add_argument("--space", default=str(Path(__file__).with_name("space.toml")))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--train-images", type=int, help="of the data's own; the rest may judge")
    parser.add_argument("--validation-images", type=int, default=15_000)
    parser.add_argument("--fit", type=int, default=20)
    parser.add_argument("--images", type=int, default=8192)
    parser.add_argument("--distil-epochs", type=int, default=1)
    parser.add_argument("--reference-epochs", type=int, default=4)
    parser.add_argument("--finetune-epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ray")


def steps_of(arguments: argparse.Namespace) -> Distillation:
    """What ``hwnas search --strategy donna`` does, step by step."""
    data = load_data(arguments.data)
    if arguments.train_images:
        data = _divided(data, arguments.train_images, arguments.validation_images)
    space = space_named(
        arguments.space,
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    return Distillation(
        data=data,
        space=donna_space(space),
        settings=DonnaSettings(
            blockwise=BlockwiseSettings(images=arguments.images, epochs=arguments.distil_epochs),
            finetuned=arguments.fit,
            finetune_epochs=arguments.finetune_epochs,
        ),
        finetune=FinetuneSettings(
            epochs=arguments.reference_epochs, batch_size=64, learning_rate=0.05
        ),
        seed=arguments.seed,
        work=arguments.out.parent / f".{arguments.out.stem}.work",
        workers=workers_at(arguments.ray),
        on_step=lambda phase, done, total, note: print(phase, done, total, note, flush=True),
    )


def _divided(data: DataSet, n_train: int, n_validation: int) -> DataSet:
    """Fewer images to learn from, more to judge by: chance in accuracies hides their order."""
    parts = data.train, data.validation
    every = LabelledImages(
        images=np.concatenate([part.images for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
    )
    order = np.random.default_rng(0).permutation(len(every))
    validation = every.take(order[n_train : n_train + n_validation])
    return replace(data, train=every.take(order[:n_train]), validation=validation)
