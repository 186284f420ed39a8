import numpy as np
import pytest

from hwnas.data import DataSet, LabelledImages


def some_images(n: int, level: int = 0, channels: int = 1) -> LabelledImages:
    images = np.full((n, 4, 4, channels), level, dtype=np.uint8)
    return LabelledImages(images=images, labels=np.arange(n, dtype=np.int64) % 2)


def some_set(train: LabelledImages) -> DataSet:
    channels = train.images.shape[3]
    rest = some_images(2, channels=channels)
    return DataSet(
        name="made", class_names=("a", "b"), train=train, validation=rest, test=rest, mirror=True
    )


def test_take_keeps_the_order_asked_for() -> None:
    assert some_images(4).take([3, 0]).labels.tolist() == [1, 0]


def test_length_is_the_number_of_images() -> None:
    assert len(some_images(5)) == 5


def test_images_that_are_not_square_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got \(2, 4, 5, 1\)"):
        LabelledImages(
            images=np.zeros((2, 4, 5, 1), dtype=np.uint8), labels=np.zeros(2, dtype=np.int64)
        )


def test_as_many_labels_as_images_are_needed() -> None:
    with pytest.raises(ValueError, match="2 images need as many labels"):
        LabelledImages(
            images=np.zeros((2, 4, 4, 1), dtype=np.uint8), labels=np.zeros(3, dtype=np.int64)
        )


def test_float_images_are_refused() -> None:
    with pytest.raises(ValueError, match="images must be uint8"):
        LabelledImages(
            images=np.zeros((2, 4, 4, 1)),  # type: ignore[arg-type]
            labels=np.zeros(2, dtype=np.int64),
        )


def test_mean_and_std_are_those_of_the_train_images(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (1500, 4, 4, 3), dtype=np.uint8)
    made = some_set(LabelledImages(images=images, labels=np.arange(1500) % 2))
    assert made.mean == pytest.approx((images / 255).mean(axis=(0, 1, 2)))
    assert made.std == pytest.approx((images / 255).std(axis=(0, 1, 2)))


def test_std_of_blank_images_can_be_divided_by() -> None:
    assert some_set(some_images(4)).std == (1 / 255,)


def test_fingerprint_is_the_same_for_equal_sets() -> None:
    assert some_set(some_images(4)).fingerprint == some_set(some_images(4)).fingerprint


def test_fingerprint_follows_the_pixels() -> None:
    assert some_set(some_images(4)).fingerprint != some_set(some_images(4, level=1)).fingerprint


def test_fingerprint_follows_the_labels() -> None:
    train = some_images(4)
    turned = LabelledImages(images=train.images, labels=1 - train.labels)
    assert some_set(train).fingerprint != some_set(turned).fingerprint


def test_channels_and_size_are_read_off_the_images() -> None:
    made = some_set(some_images(4, channels=3))
    assert (made.in_channels, made.input_size, made.n_classes) == (3, 4, 2)


def test_a_set_without_train_images_is_refused() -> None:
    with pytest.raises(ValueError, match="needs images"):
        some_set(some_images(0))
