"""Training resumes as if it had not stopped, and sees its images as it should."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.data import DataSet, LabelledImages, load_data
from hwnas.errors import RunError
from hwnas.network import Supernet, build
from hwnas.space import Space, blocks_of, random_architecture, space_named
from hwnas.train import (
    Finetuner,
    FinetuneSettings,
    SupernetSettings,
    SupernetTrainer,
    load_checkpoint,
    save_checkpoint,
)
from hwnas.train.images import TrainingImages

SMALL = str(Path(__file__).parents[1] / "spaces" / "small.toml")
SETTINGS = SupernetSettings(epoch_images=128, warmup_epochs=1, batch_size=64)


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


@pytest.fixture(scope="module")
def space() -> Space:
    return space_named(SMALL, input_size=8, in_channels=1, n_classes=10)


def trainer_for(
    space: Space, digits: DataSet, settings: SupernetSettings = SETTINGS
) -> SupernetTrainer:
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    return SupernetTrainer(supernet, digits, settings, seed=3)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_an_epoch_is_the_same_for_the_same_seed(space: Space, digits: DataSet) -> None:
    architecture = random_architecture(space, np.random.default_rng(0))
    first, second = trainer_for(space, digits), trainer_for(space, digits)
    for trainer in (first, second):
        trainer.warm_up(0, 5)
        trainer.train(architecture, 1, 5)
    assert same_weights(first.supernet, second.supernet)
    assert first.accuracy(architecture) == second.accuracy(architecture)


def test_a_resumed_supernet_trains_as_an_uninterrupted_one(
    space: Space, digits: DataSet, tmp_path: Path
) -> None:
    architecture = random_architecture(space, np.random.default_rng(0))
    whole, begun, resumed = (trainer_for(space, digits) for _ in range(3))
    whole.train(architecture, 0, 5)
    begun.train(architecture, 0, 5)
    save_checkpoint(tmp_path / "s.pt", begun.state())
    resumed.load_state(load_checkpoint(tmp_path / "s.pt") or {})
    for trainer in (whole, resumed):
        trainer.train(architecture, 1, 5)
    assert same_weights(whole.supernet, resumed.supernet)


def test_training_one_path_makes_it_better(space: Space, digits: DataSet) -> None:
    architecture = random_architecture(space, np.random.default_rng(0))
    trainer = trainer_for(space, digits, SupernetSettings(epoch_images=1024))
    before = trainer.accuracy(architecture)
    for epoch in range(10):
        trainer.train(architecture, epoch, 10)
    assert trainer.accuracy(architecture) > before + 0.2


def finetuned(space: Space, digits: DataSet, checkpoint: Path, stop_after: int) -> torch.nn.Module:
    torch.manual_seed(0)
    network = build(blocks_of(space, random_architecture(space, np.random.default_rng(0))))

    def on_epoch(done: int, total: int, accuracy: float) -> None:
        if done == stop_after:
            raise KeyboardInterrupt

    settings = FinetuneSettings(epochs=4)
    return Finetuner(network, digits, settings, seed=1).run(checkpoint, on_epoch)


def test_interrupted_fine_tuning_ends_as_uninterrupted(
    space: Space, digits: DataSet, tmp_path: Path
) -> None:
    whole = finetuned(space, digits, tmp_path / "whole.pt", stop_after=99)
    with pytest.raises(KeyboardInterrupt):
        finetuned(space, digits, tmp_path / "part.pt", stop_after=2)
    assert same_weights(whole, finetuned(space, digits, tmp_path / "part.pt", stop_after=99))


@pytest.mark.parametrize(("n_images", "n_epochs"), [(54_000, 10), (1_079, 80), (10**7, 4)])
def test_the_number_of_images_decides_the_epochs(n_images: int, n_epochs: int) -> None:
    assert FinetuneSettings().n_epochs(n_images) == n_epochs
    assert FinetuneSettings(epochs=3).n_epochs(n_images) == 3


def test_a_damaged_checkpoint_says_what_to_delete(tmp_path: Path) -> None:
    (tmp_path / "s.pt").write_bytes(b"PK damaged")
    with pytest.raises(RunError, match="is damaged"):
        load_checkpoint(tmp_path / "s.pt")


def test_no_checkpoint_is_no_state(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "s.pt") is None


def columns_of(mirror: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Images that brighten to the right: the batch as it is, and augmented."""
    row = np.arange(8, dtype=np.uint8) * 30
    images = np.broadcast_to(row[None, None, :, None], (64, 8, 8, 1)).copy()
    split = LabelledImages(images=images, labels=np.zeros(64, np.int64))
    data = DataSet(
        name="x",
        class_names=("a",),
        train=split,
        validation=split,
        test=split,
        mirror=mirror,
    )
    pictures = TrainingImages(split, data, torch.device("cpu"))
    everything = np.arange(64)
    return (
        pictures.batch(everything)[0],
        pictures.augmented(everything, np.random.default_rng(0))[0],
    )


@pytest.mark.parametrize("mirror", [True, False])
def test_images_are_mirrored_only_where_that_makes_sense(mirror: bool) -> None:
    plain, augmented = columns_of(mirror)
    assert augmented.shape == plain.shape
    falling = augmented[:, 0, 0, 0] > augmented[:, 0, 0, -1]
    assert bool(falling.any()) == mirror
    assert not torch.equal(plain, augmented)


def test_a_batch_is_normalised_to_mean_0_and_deviation_1() -> None:
    plain, _ = columns_of(mirror=False)
    assert abs(float(plain.mean())) < 1e-5
    assert float(plain.std()) == pytest.approx(1, abs=0.01)
