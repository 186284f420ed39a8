"""Fine-tuning: its settings, its averaged network, its end and its refusals."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.data import DataSet, LabelledImages
from hwnas.errors import DataError
from hwnas.train import Finetuner, FinetuneSettings, load_checkpoint
from hwnas.train.finetune import _averaging, _weights_and_the_rest
from hwnas.train.schedule import warmed_up_cosine

N_IMAGES = 48


@pytest.fixture
def bright_or_dark() -> DataSet:
    """Dark images are of class 0, bright ones of class 1."""
    labels = np.arange(N_IMAGES) % 2
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 100, (N_IMAGES, 4, 4, 1))
    images = (noise + 150 * labels[:, None, None, None]).astype(np.uint8)
    part = LabelledImages(images=images, labels=labels)
    return DataSet(
        name="bright",
        class_names=("dark", "bright"),
        train=part,
        validation=part,
        test=part,
        mirror=False,
    )


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2)
    )


def settings(epochs: int = 3, batch_size: int = 16) -> FinetuneSettings:
    return FinetuneSettings(epochs=epochs, batch_size=batch_size)


def silent(done: int, total: int, accuracy: float) -> None:
    pass


def interrupt(done: int, total: int, accuracy: float) -> None:
    raise KeyboardInterrupt


def test_an_easy_set_is_learned(bright_or_dark: DataSet, tmp_path: Path) -> None:
    told: list[float] = []
    trainer = Finetuner(network(), bright_or_dark, settings(20), seed=0)
    trainer.run(tmp_path / "s.pt", lambda done, total, accuracy: told.append(accuracy))
    assert told[-1] == 1.0


def test_every_epoch_is_told(bright_or_dark: DataSet, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    trainer = Finetuner(network(), bright_or_dark, settings(3), seed=0)
    trainer.run(tmp_path / "s.pt", lambda done, total, accuracy: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_result_answers_the_same_alone_and_in_a_batch(
    bright_or_dark: DataSet, tmp_path: Path
) -> None:
    trained = Finetuner(network(), bright_or_dark, settings(1), seed=0).run(
        tmp_path / "s.pt", silent
    )
    assert not trained.training
    images = torch.rand(5, 1, 4, 4)
    torch.testing.assert_close(trained(images)[:1], trained(images[:1]))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seed_decides_the_weights(bright_or_dark: DataSet, tmp_path: Path, seed: int) -> None:
    weights = []
    for name, used in (("a", 1), ("b", seed)):
        trainer = Finetuner(network(), bright_or_dark, settings(1), seed=used)
        weights.append(trainer.run(tmp_path / name, silent).get_parameter("3.weight"))
    assert torch.equal(*weights) == (seed == 1)


def test_a_finished_run_trains_no_more(bright_or_dark: DataSet, tmp_path: Path) -> None:
    first = Finetuner(network(), bright_or_dark, settings(), seed=0).run(tmp_path / "s.pt", silent)
    again = Finetuner(network(), bright_or_dark, settings(), seed=0).run(
        tmp_path / "s.pt", interrupt
    )
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_an_epoch_is_kept_before_it_is_told(bright_or_dark: DataSet, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Finetuner(network(), bright_or_dark, settings(), seed=0).run(tmp_path / "s.pt", interrupt)
    state = load_checkpoint(tmp_path / "s.pt")
    assert state is not None and state["epochs_done"] == 1


def test_a_loss_that_is_no_number_stops_the_training(
    bright_or_dark: DataSet, tmp_path: Path
) -> None:
    broken = network()
    broken.get_parameter("3.weight").data.fill_(float("nan"))
    with pytest.raises(DataError, match="diverged in epoch 1: the loss is nan"):
        Finetuner(broken, bright_or_dark, settings(), seed=0).run(tmp_path / "s.pt", silent)
    assert not (tmp_path / "s.pt").exists()


@pytest.mark.parametrize("batch_size", [2, 47, 48, 500])
def test_any_batch_size_trains(bright_or_dark: DataSet, tmp_path: Path, batch_size: int) -> None:
    before = network().get_parameter("3.weight")
    trainer = Finetuner(network(), bright_or_dark, settings(2, batch_size), seed=0)
    trained = trainer.run(tmp_path / "s.pt", silent).get_parameter("3.weight")
    assert torch.isfinite(trained).all() and not torch.equal(trained, before)


@pytest.mark.parametrize("wrong", [{"epochs": -1}, {"batch_size": 1}, {"batch_size": 0}])
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="got FinetuneSettings"):
        FinetuneSettings(**wrong)


@pytest.mark.parametrize("n_images", [1, 1_000, 6_750, 30_000, 135_000, 10**8])
def test_the_default_epochs_are_from_4_to_80_and_see_as_many_images(n_images: int) -> None:
    n_epochs = FinetuneSettings().n_epochs(n_images)
    assert 4 <= n_epochs <= 80
    if 4 < n_epochs < 80:
        assert abs(n_epochs * n_images - 540_000) <= n_images / 2


def test_first_steps_of_the_average_weigh_more() -> None:
    average, one = _averaging(0.999), torch.ones(1)
    weights = [float(average(0 * one, one, n)) for n in (0, 90, 10**6)]
    assert weights == pytest.approx([0.9, 0.09, 0.001], rel=1e-3)


def test_only_convolutions_and_matrices_decay() -> None:
    decayed, rest = _weights_and_the_rest(network(), 0.5)
    assert [tuple(p.shape) for p in decayed["params"]] == [(4, 1, 3, 3), (2, 16)]
    assert {tuple(p.shape) for p in rest["params"]} == {(4,), (2,)}
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.5, 0.0)


def test_interrupted_fine_tuning_ends_as_uninterrupted(
    bright_or_dark: DataSet, tmp_path: Path
) -> None:
    def stop(done: int, total: int, accuracy: float) -> None:
        if done == 2:
            raise KeyboardInterrupt

    whole, begun, resumed = (
        Finetuner(network(), bright_or_dark, settings(4), seed=1) for _ in range(3)
    )
    expected = whole.run(tmp_path / "whole.pt", silent).state_dict()
    with pytest.raises(KeyboardInterrupt):
        begun.run(tmp_path / "part.pt", stop)
    for name, value in resumed.run(tmp_path / "part.pt", silent).state_dict().items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("n_steps", [1, 2, 19, 20, 21, 400])
def test_the_learning_rate_rises_to_its_largest_and_falls_to_nothing(n_steps: int) -> None:
    shares = [warmed_up_cosine(step / n_steps, 0.05) for step in range(n_steps + 1)]
    peak = shares.index(max(shares))
    assert 0 < min(shares[:-1]) <= max(shares) <= 1
    assert shares[-1] == pytest.approx(0, abs=1e-12)
    assert shares[: peak + 1] == sorted(shares[: peak + 1])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)


def test_weights_that_were_pruned_stay_zero(bright_or_dark: DataSet, tmp_path: Path) -> None:
    def sparse() -> nn.Module:
        made = network()
        made.get_parameter("0.weight").data[:2] = 0.0
        return made

    trainer = Finetuner(sparse(), bright_or_dark, settings(), seed=0)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(tmp_path / "s.pt", interrupt)
    resumed = Finetuner(sparse(), bright_or_dark, settings(), seed=0)
    weight = resumed.run(tmp_path / "s.pt", silent).get_parameter("0.weight")
    assert bool((weight[:2] == 0).all()) and bool((weight[2:] != 0).all())
