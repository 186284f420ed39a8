"""A supernet's networks scored in float and in int8."""

from dataclasses import replace

import numpy as np
import pytest

from hwnas.data import DataSet, load_data
from hwnas.device import load_device
from hwnas.pipeline.scores import Accuracies, SupernetScores
from hwnas.pipeline.supernet import supernet_trainer
from hwnas.space import Architecture, space_named
from hwnas.train import SupernetSettings, SupernetTrainer

SETTINGS = SupernetSettings(
    rule="spos", epoch_images=512, batch_size=64, calibration_images=128, validation_images=100
)


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load_data("digits")


@pytest.fixture(scope="module")
def trained(data: DataSet) -> SupernetTrainer:
    space = space_named("mobilenet", input_size=8, in_channels=1, n_classes=10)
    trainer = supernet_trainer(space, data, SETTINGS, 0)
    for epoch in range(4):
        trainer.train_by_rule(epoch, 4)
    return trainer


@pytest.fixture
def network(trained: SupernetTrainer) -> Architecture:
    return Architecture(tuple(d.options[0] for d in trained.supernet.space.decisions))


def test_float_is_what_torch_says_and_int8_is_near(
    trained: SupernetTrainer, network: Architecture
) -> None:
    found = SupernetScores(trained, load_device("local")).accuracies(network)
    assert found.float32 == pytest.approx(trained.accuracy(network), abs=0.011)
    assert found.int8 is not None and abs(found.int8 - found.float32) < 0.1


def test_int8_is_that_of_the_recipe(trained: SupernetTrainer, network: Architecture) -> None:
    device = load_device("local")
    crippled = replace(device.recipe, calibration="percentile", percentile=50.1)
    found = SupernetScores(trained, replace(device, recipe=crippled)).accuracies(network)
    assert found.int8 is not None and found.int8 < found.float32 - 0.1


def test_without_a_device_only_float_is_asked(
    trained: SupernetTrainer, network: Architecture
) -> None:
    scores = SupernetScores(trained)
    assert scores.accuracies(network) == Accuracies(float32=trained.accuracy(network))
    assert scores.accuracy(network) == trained.accuracy(network)


def test_asking_leaves_the_supernet_as_it_was(
    trained: SupernetTrainer, network: Architecture
) -> None:
    before = {k: v.clone() for k, v in trained.supernet.state_dict().items()}
    SupernetScores(trained, load_device("local")).accuracy(network)
    after = trained.supernet.state_dict()
    assert all(np.array_equal(before[k].numpy(), after[k].numpy()) for k in before)
