"""The contract every entry of ``RULES`` keeps."""

from pathlib import Path

import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.errors import DataError, UnknownNameError
from hwnas.network import Supernet
from hwnas.space import Architecture, Space
from hwnas.train import SupernetSettings, SupernetTrainer, load_checkpoint, save_checkpoint
from hwnas.train.rules import RULES

LARGEST = Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))

pytestmark = pytest.mark.parametrize("name", RULES)


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


def made(name: str, space: Space, data: DataSet, epoch_images: int = 128) -> SupernetTrainer:
    settings = SupernetSettings(
        rule=name, epoch_images=epoch_images, batch_size=32, validation_images=100
    )
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    return SupernetTrainer(supernet, data, settings, seed=0, teacher=length)


def length(architecture: Architecture) -> float:
    return -architecture.choices.count("skip")


def weights(trainer: SupernetTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.supernet.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_resumed_supernet_trains_as_an_uninterrupted_one(
    name: str, small_space: Space, digits: DataSet, tmp_path: Path
) -> None:
    whole, begun, resumed = (made(name, small_space, digits) for _ in range(3))
    for epoch in range(3):
        whole.train_by_rule(epoch, 3)
    begun.train_by_rule(0, 3)
    save_checkpoint(tmp_path / "s.pt", begun.state())
    resumed.load_state(load_checkpoint(tmp_path / "s.pt") or {})
    for epoch in (1, 2):
        resumed.train_by_rule(epoch, 3)
    assert same(weights(whole), weights(resumed))
    assert whole.accuracy(LARGEST) == resumed.accuracy(LARGEST)


def test_an_epoch_sees_each_batch_with_as_many_networks_as_it_says(
    name: str, small_space: Space, digits: DataSet
) -> None:
    trainer = made(name, small_space, digits)
    forward, n_seen = trainer.supernet.forward, 0

    def watched(images: torch.Tensor, architecture: Architecture) -> torch.Tensor:
        nonlocal n_seen
        n_seen += len(images)
        return forward(images, architecture)

    trainer.supernet.forward = watched  # type: ignore[method-assign]
    trainer.train_by_rule(0, 1)
    assert n_seen == 128 * trainer.n_paths


def test_it_learns(name: str, small_space: Space, digits: DataSet) -> None:
    trainer = made(name, small_space, digits, epoch_images=1280)
    before = trainer.accuracy(LARGEST)
    for epoch in range(4):
        trainer.train_by_rule(epoch, 4)
    assert trainer.accuracy(LARGEST) > before + 0.2


def test_a_loss_that_is_no_number_stops_it(name: str, small_space: Space, digits: DataSet) -> None:
    trainer = made(name, small_space, digits)
    for parameter in trainer.supernet.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(DataError, match="diverged in epoch 2: the loss is nan"):
        trainer.train_by_rule(1, 5)


def test_by_default_networks_see_about_as_many_images_as_by_path(
    name: str, small_space: Space, digits: DataSet
) -> None:
    trainer = made(name, small_space, digits)
    n_first = trainer.n_first_epochs(50)
    expected = 10 if name == "path" else 60
    assert abs(n_first * trainer.n_paths - expected) <= trainer.n_paths / 2


def test_an_unknown_name_is_told_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"No supernet '{name}x'; did you mean '{name}'"):
        SupernetSettings(rule=f"{name}x")
