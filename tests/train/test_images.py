"""Augmented images are the images themselves, moved a little."""

import numpy as np
import pytest
import torch

from hwnas.data import DataSet, LabelledImages
from hwnas.train.images import TrainingImages

N_IMAGES = 40
EVERY = np.arange(N_IMAGES)


def noise(size: int, channels: int) -> LabelledImages:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_IMAGES, size, size, channels), dtype=np.uint8)
    return LabelledImages(images=images, labels=EVERY)


def training_images(size: int = 8, channels: int = 1, mirror: bool = False) -> TrainingImages:
    part = noise(size, channels)
    names = tuple(str(i) for i in range(N_IMAGES))
    data = DataSet(
        name="noise", class_names=names, train=part, validation=part, test=part, mirror=mirror
    )
    return TrainingImages(part, data, torch.device("cpu"))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def shifts(image: torch.Tensor, reach: int) -> list[torch.Tensor]:
    """``(channels, height, width)`` shifted by up to ``reach`` pixels, edges repeated."""
    size = image.shape[-1]
    moved = [(torch.arange(size) + by).clamp(0, size - 1) for by in range(-reach, reach + 1)]
    return [image[:, rows][:, :, columns] for rows in moved for columns in moved]


@pytest.mark.parametrize(("size", "reach"), [(5, 0), (8, 1), (28, 2), (32, 3)])
def test_every_image_is_a_shift_of_itself(size: int, reach: int) -> None:
    images = training_images(size)
    plain, moved = images.batch(EVERY)[0], images.augmented(EVERY, rng())[0]
    for before, after in zip(plain, moved, strict=True):
        assert any(torch.equal(after, shifted) for shifted in shifts(before, reach))


def test_every_image_is_shifted_by_itself() -> None:
    images = training_images()
    plain, moved = images.batch(EVERY)[0], images.augmented(EVERY, rng())[0]
    pairs = list(zip(plain, moved, strict=True))
    used = {i for b, a in pairs for i, s in enumerate(shifts(b, 1)) if torch.equal(a, s)}
    assert len(used) == 9


def test_a_mirrored_image_is_a_shift_of_its_reflection() -> None:
    images = training_images(mirror=True)
    plain, moved = images.batch(EVERY)[0], images.augmented(EVERY, rng())[0]
    n_mirrored = 0
    for before, after in zip(plain, moved, strict=True):
        straight = any(torch.equal(after, s) for s in shifts(before, 1))
        mirrored = any(torch.equal(after, s) for s in shifts(before.flip(-1), 1))
        assert straight != mirrored
        n_mirrored += mirrored
    assert 10 < n_mirrored < 30


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_types_are_a_network_s(channels: int) -> None:
    images, labels = training_images(channels=channels).augmented(np.array([3, 1]), rng())
    assert images.shape == (2, channels, 8, 8) and images.dtype == torch.float32
    assert labels.tolist() == [3, 1]


def test_an_image_keeps_its_label() -> None:
    assert training_images().augmented(EVERY[::-1].copy(), rng())[1].tolist() == list(
        range(N_IMAGES - 1, -1, -1)
    )


def test_the_same_seed_moves_the_same_way() -> None:
    images = training_images(mirror=True)
    first, second, other = (images.augmented(EVERY, rng(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)


def test_colours_are_normalised_each_by_its_own_mean() -> None:
    images = training_images(channels=3).batch(EVERY)[0]
    torch.testing.assert_close(images.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(images.std((0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)


def test_batches_lie_channels_last() -> None:
    images = training_images(channels=3)
    for batch, _ in (images.batch(EVERY), images.augmented(EVERY, rng())):
        assert batch.is_contiguous(memory_format=torch.channels_last)
