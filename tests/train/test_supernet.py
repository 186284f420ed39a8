"""Epochs of the supernet: what they change, and what they leave alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.errors import DataError
from hwnas.network import Supernet
from hwnas.space import Architecture, Space
from hwnas.train import SupernetSettings, SupernetTrainer, load_checkpoint, save_checkpoint
from hwnas.train.schedule import cosine
from hwnas.train.streams import Purpose, stream

SMALLEST = Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))
LARGEST = Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))
SETTINGS = SupernetSettings(epoch_images=64, batch_size=32, validation_images=100)


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


def trainer(
    space: Space, data: DataSet, settings: SupernetSettings = SETTINGS, seed: int = 0
) -> SupernetTrainer:
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    return SupernetTrainer(supernet, data, settings, seed=seed)


def weights(trained: SupernetTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trained.supernet.state_dict().items()}


def changed(trained: SupernetTrainer, before: dict[str, torch.Tensor]) -> set[str]:
    after = trained.supernet.state_dict()
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


def test_a_path_that_skips_a_block_leaves_its_weights(small_space: Space, digits: DataSet) -> None:
    trained = trainer(small_space, digits)
    before = weights(trained)
    trained.train_path(SMALLEST, 0, 5)
    touched = changed(trained, before)
    assert any("block1" in name for name in touched)
    assert not any("block2" in name for name in touched)


def test_the_largest_path_trains_every_tensor(small_space: Space, digits: DataSet) -> None:
    trained = trainer(small_space, digits)
    before = weights(trained)
    trained.train_path(LARGEST, 0, 5)
    assert changed(trained, before) == set(before)


def test_warming_up_trains_more_than_one_path(small_space: Space, digits: DataSet) -> None:
    settings = SupernetSettings(epoch_images=512, batch_size=32)
    trained = trainer(small_space, digits, settings)
    before = weights(trained)
    trained.train_by_rule(0, 5)
    assert changed(trained, before) == set(before)


@pytest.mark.parametrize(("seed", "epoch"), [(0, 1), (1, 0)])
def test_another_seed_or_epoch_trains_otherwise(
    small_space: Space, digits: DataSet, seed: int, epoch: int
) -> None:
    first, second = trainer(small_space, digits), trainer(small_space, digits, seed=seed)
    first.train_path(LARGEST, 0, 10**9)
    second.train_path(LARGEST, epoch, 10**9)  # the learning rates are equal
    assert changed(first, weights(second))


def test_asking_for_an_accuracy_changes_nothing(small_space: Space, digits: DataSet) -> None:
    trained = trainer(small_space, digits)
    before = weights(trained)
    assert trained.accuracy(SMALLEST) == trained.accuracy(SMALLEST)
    assert not changed(trained, before)


def test_an_accuracy_is_a_share_of_the_validation_images_asked_for(
    small_space: Space, digits: DataSet
) -> None:
    accuracy = trainer(small_space, digits).accuracy(LARGEST)
    assert 0 <= accuracy <= 1
    assert round(accuracy * 100) == pytest.approx(accuracy * 100)


def test_a_set_smaller_than_a_batch_trains(small_space: Space, digits: DataSet) -> None:
    settings = SupernetSettings(epoch_images=10**6, batch_size=10**6)
    trained = trainer(small_space, digits, settings)
    before = weights(trained)
    trained.train_path(SMALLEST, 0, 1)
    assert changed(trained, before)


def test_the_learning_rate_falls_along_acosine() -> None:
    rates = [cosine(0.1, 0.02, done) for done in (0.0, 0.5, 1.0, 2.0)]
    assert rates == pytest.approx([0.1, 0.06, 0.02, 0.02])


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch_images": 0},
        {"batch_size": 0},
        {"validation_images": 0},
        {"warmup_epochs": -1},
        {"paths_per_batch": 0},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="got"):
        SupernetSettings(**wrong)  # type: ignore[arg-type]


def test_a_supernet_is_the_same_for_the_same_seed(small_space: Space) -> None:
    first, second, other = (
        Supernet(small_space, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    images = torch.from_numpy(np.random.default_rng(0).random((4, 1, 8, 8), np.float32))
    assert torch.equal(first(images, LARGEST), second(images, LARGEST))
    assert not torch.equal(first(images, LARGEST), other(images, LARGEST))


def test_an_epoch_is_the_same_for_the_same_seed(small_space: Space, digits: DataSet) -> None:
    first, second = trainer(small_space, digits), trainer(small_space, digits)
    for trained in (first, second):
        trained.train_by_rule(0, 5)
        trained.train_path(LARGEST, 1, 5)
    assert not changed(first, weights(second))
    assert first.accuracy(LARGEST) == second.accuracy(LARGEST)


def test_a_resumed_supernet_trains_as_an_uninterrupted_one(
    small_space: Space, digits: DataSet, tmp_path: Path
) -> None:
    whole, begun, resumed = (trainer(small_space, digits) for _ in range(3))
    whole.train_path(LARGEST, 0, 5)
    begun.train_path(LARGEST, 0, 5)
    save_checkpoint(tmp_path / "s.pt", begun.state())
    resumed.load_state(load_checkpoint(tmp_path / "s.pt") or {})
    for trained in (whole, resumed):
        trained.train_path(LARGEST, 1, 5)
    assert not changed(whole, weights(resumed))


def test_training_one_path_makes_it_better(small_space: Space, digits: DataSet) -> None:
    trained = trainer(small_space, digits, SupernetSettings(epoch_images=1024))
    before = trained.accuracy(LARGEST)
    for epoch in range(10):
        trained.train_path(LARGEST, epoch, 10)
    assert trained.accuracy(LARGEST) > before + 0.2


def test_images_that_lie_sorted_by_class_are_scored_from_every_class(
    small_space: Space, digits: DataSet
) -> None:
    order = np.argsort(digits.validation.labels, kind="stable")
    ordered = replace(digits, validation=digits.validation.take(order))
    trained = trainer(small_space, ordered)
    scored = ordered.validation.labels[trained._scored]
    assert len(scored) == SETTINGS.validation_images
    assert set(scored.tolist()) == set(range(10))


def test_a_loss_that_is_no_number_stops_the_search(small_space: Space, digits: DataSet) -> None:
    trained = trainer(small_space, digits)
    for parameter in trained.supernet.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(DataError, match="diverged in epoch 4: the loss is nan"):
        trained.train_path(LARGEST, 3, 5)


def test_no_two_purposes_and_no_two_epochs_share_random_numbers() -> None:
    drawn = [stream(0, purpose, epoch).random() for purpose in Purpose for epoch in range(3)]
    drawn += [stream(1, purpose).random() for purpose in Purpose]
    assert len({*drawn, np.random.default_rng(0).random()}) == len(drawn) + 1
