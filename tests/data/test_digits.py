import numpy as np
import pytest

from hwnas.data import DataSet, load_data


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits")


def test_digits_are_small_grey_and_never_mirrored(digits: DataSet) -> None:
    assert (digits.input_size, digits.in_channels, digits.mirror) == (8, 1, False)


def test_digits_use_the_whole_range_of_grey(digits: DataSet) -> None:
    assert (digits.train.images.min(), digits.train.images.max()) == (0, 255)


def test_digits_are_split_60_20_20(digits: DataSet) -> None:
    counts = [len(part) for part in (digits.train, digits.validation, digits.test)]
    assert sum(counts) == 1797
    assert np.array(counts) / 1797 == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


def test_every_digit_is_in_every_part(digits: DataSet) -> None:
    for part in (digits.train, digits.validation, digits.test):
        assert np.bincount(part.labels).min() >= 30


def test_no_test_digit_occurs_in_train_or_validation(digits: DataSet) -> None:
    seen = {image.tobytes() for image in digits.train.images}
    seen |= {image.tobytes() for image in digits.validation.images}
    assert seen.isdisjoint(image.tobytes() for image in digits.test.images)


def test_digits_are_split_the_same_every_time(digits: DataSet) -> None:
    assert load_data("digits").fingerprint == digits.fingerprint


def test_another_size_leaves_the_split_as_it_is(digits: DataSet) -> None:
    larger = load_data("digits", input_size=16)
    assert larger.test.images.shape[1:] == (16, 16, 1)
    assert larger.test.labels.tolist() == digits.test.labels.tolist()
