"""A network's own statistics, and answers that depend on the image alone."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.data import DataSet
from hwnas.network import Supernet
from hwnas.space import Architecture, Space, space_named
from hwnas.train import SupernetSettings, SupernetTrainer
from hwnas.train.recalibrate import Recalibrated

LARGEST = Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))


@pytest.fixture
def supernet(small_space: Space) -> Supernet:
    return Supernet(small_space, torch.Generator().manual_seed(0))


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn((n, 1, 8, 8), generator=torch.Generator().manual_seed(seed))


def test_an_answer_does_not_depend_on_the_images_beside_it(supernet: Supernet) -> None:
    network = Recalibrated(supernet, LARGEST, [images(64)])
    asked = images(9, seed=1)
    torch.testing.assert_close(network(asked)[:3], network(asked[:3]), atol=1e-5, rtol=1e-4)
    whole = supernet(asked, LARGEST)[:3]
    assert (whole - supernet(asked[:3], LARGEST)).abs().max() > 1e-3


def test_statistics_are_the_mean_of_those_of_the_batches(supernet: Supernet) -> None:
    network = Recalibrated(supernet, LARGEST, [images(32), images(32, seed=1)]).network
    stem, norm = network[0].conv, network[0].norm
    assert isinstance(stem, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    features = [stem(images(32, seed)) for seed in (0, 1)]
    means = torch.stack([one.mean((0, 2, 3)) for one in features]).mean(0)
    variances = torch.stack([one.var((0, 2, 3)) for one in features]).mean(0)
    torch.testing.assert_close(norm.running_mean, means, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.running_var, variances, atol=1e-5, rtol=1e-4)


def test_on_the_batch_of_its_statistics_it_says_what_the_supernet_says(
    supernet: Supernet,
) -> None:
    batch = images(256)
    network = Recalibrated(supernet, LARGEST, [batch])
    torch.testing.assert_close(network(batch), supernet(batch, LARGEST), atol=0.05, rtol=0.05)


def test_the_supernet_is_left_alone(supernet: Supernet) -> None:
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    Recalibrated(supernet, LARGEST, [images(8)])(images(8))
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())


def test_images_are_resized_to_the_networks_input() -> None:
    space = space_named("mobilenet", input_size=16, in_channels=1, n_classes=3)
    architecture = Architecture(tuple(d.options[0] for d in space.decisions))
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    network = Recalibrated(supernet, architecture, [torch.randn(8, 1, 20, 20)])
    assert network(torch.randn(2, 1, 20, 20)).shape == (2, 3)


@pytest.mark.parametrize(("rule", "alike"), [("spos", True), ("path", False)])
def test_a_score_depends_on_the_batches_only_by_the_rule_path(
    small_space: Space,
    digits: DataSet,
    rule: str,
    alike: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = SupernetSettings(
        rule=rule, epoch_images=640, batch_size=64, calibration_images=256, validation_images=360
    )
    supernet = Supernet(small_space, torch.Generator().manual_seed(0))
    trainer = SupernetTrainer(supernet, digits, settings, seed=0)
    for epoch in range(3):
        trainer.train_by_rule(epoch, 3)
    mixed = trainer.accuracy(LARGEST)
    scored = trainer._scored[np.argsort(digits.validation.labels[trainer._scored])]

    def by_class(answer: Callable[[torch.Tensor], torch.Tensor]) -> float:
        right = 0
        for part in np.array_split(scored, 10):
            batch, labels = trainer._validation.batch(part)
            right += int((answer(batch).argmax(1) == labels).sum())
        return right / len(scored)

    monkeypatch.setattr(trainer, "share_right", by_class)
    assert (trainer.accuracy(LARGEST) == pytest.approx(mixed, abs=1e-9)) is alike
