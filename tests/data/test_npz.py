from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.data import load_data
from hwnas.errors import DataError


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_data(str(path))
    return str(caught.value)


def test_an_archive_is_named_by_its_file(write_npz: Callable[..., Path]) -> None:
    made = load_data(str(write_npz()))
    assert (made.name, made.class_names) == ("made", ("0", "1"))


def test_an_archive_gives_its_class_names(write_npz: Callable[..., Path]) -> None:
    assert load_data(str(write_npz(class_names=["cat", "dog"]))).class_names == ("cat", "dog")


def test_validation_images_are_used_where_there_are_some(
    write_npz: Callable[..., Path], rng: np.random.Generator
) -> None:
    x_val = rng.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
    made = load_data(str(write_npz(x_val=x_val, y_val=np.arange(6) % 2)))
    assert made.validation.images.tobytes() == x_val.tobytes()
    assert len(made.train) == 20


def test_test_images_are_held_out_where_there_are_none(write_npz: Callable[..., Path]) -> None:
    made = load_data(str(write_npz(x_test=None, y_test=None)))
    assert [len(part) for part in (made.train, made.validation, made.test)] == [14, 2, 4]


def test_floats_are_scaled_to_bytes(write_npz: Callable[..., Path]) -> None:
    made = load_data(str(write_npz(x_test=np.full((4, 8, 8, 3), 0.5, dtype=np.float32))))
    assert (made.test.images == 128).all()


def test_grey_images_need_no_channel_axis(
    write_npz: Callable[..., Path], rng: np.random.Generator
) -> None:
    grey = rng.integers(0, 256, (20, 8, 8), dtype=np.uint8)
    made = load_data(str(write_npz(x_train=grey, x_test=grey[:4])))
    assert (made.in_channels, made.mirror) == (1, False)


def test_channels_may_come_first(write_npz: Callable[..., Path], rng: np.random.Generator) -> None:
    first = rng.integers(0, 256, (20, 3, 8, 8), dtype=np.uint8)
    made = load_data(str(write_npz(x_train=first, x_test=first[:4])))
    assert (made.test.images == first[:4].transpose(0, 2, 3, 1)).all()


def test_labels_may_be_a_column(write_npz: Callable[..., Path]) -> None:
    made = load_data(str(write_npz(y_test=np.array([[0], [1], [0], [1]]))))
    assert made.test.labels.tolist() == [0, 1, 0, 1]


def test_oblong_images_are_cropped_when_a_size_is_given(write_npz: Callable[..., Path]) -> None:
    oblong = np.zeros((20, 8, 12, 3), dtype=np.uint8)
    oblong[:, :, 2:10] = 255
    made = load_data(str(write_npz(x_train=oblong, x_test=oblong[:4])), input_size=8)
    assert (made.train.images == 255).all()


def test_oblong_images_ask_for_a_size(write_npz: Callable[..., Path]) -> None:
    oblong = np.zeros((20, 8, 12, 3), dtype=np.uint8)
    assert "are 12x8, not square; pass --input-size" in refusal(write_npz(x_train=oblong))


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named(write_npz: Callable[..., Path], key: str) -> None:
    assert f"lacks the array {key}; add it" in refusal(write_npz(**{key: None}))


def test_an_unknown_array_is_named(write_npz: Callable[..., Path]) -> None:
    assert "an array 'x_tset' that hwnas does not know" in refusal(write_npz(x_tset=np.zeros(3)))


def test_a_wrong_shape_is_named(write_npz: Callable[..., Path]) -> None:
    flat = np.zeros((20, 64), dtype=np.uint8)
    assert "x_train of" in refusal(write_npz(x_train=flat))
    assert "has shape (20, 64); make it" in refusal(write_npz(x_train=flat))


def test_nan_is_refused(write_npz: Callable[..., Path]) -> None:
    assert "has a NaN or infinite pixel" in refusal(
        write_npz(x_test=np.full((4, 8, 8, 3), np.nan))
    )


def test_floats_beyond_1_are_refused(write_npz: Callable[..., Path]) -> None:
    assert "floats from 0 to 255; scale" in refusal(write_npz(x_test=np.full((4, 8, 8, 3), 255.0)))


def test_whole_numbers_that_are_no_bytes_are_refused(write_npz: Callable[..., Path]) -> None:
    assert "has type int64; store uint8" in refusal(
        write_npz(x_test=np.zeros((4, 8, 8, 3), dtype=np.int64))
    )


@pytest.mark.parametrize(
    ("labels", "named"), [(np.array([0, 1, 0, 2]), "2"), (np.array([0, 1, -1, 0]), "-1")]
)
def test_a_label_out_of_range_is_named(
    write_npz: Callable[..., Path], labels: NDArray[np.int64], named: str
) -> None:
    message = refusal(write_npz(y_test=labels))
    assert "y_test of" in message
    assert f"has label {named}, but the classes are 0 to 1" in message


def test_labels_must_be_whole_numbers(write_npz: Callable[..., Path]) -> None:
    assert "make it one whole number per image" in refusal(write_npz(y_train=np.zeros(20)))


def test_images_and_labels_must_be_as_many(write_npz: Callable[..., Path]) -> None:
    message = refusal(write_npz(y_test=np.array([0, 1])))
    assert "4 images in x_test but 2 labels in y_test" in message


def test_train_and_test_images_must_be_alike(write_npz: Callable[..., Path]) -> None:
    message = refusal(write_npz(x_test=np.zeros((4, 9, 9, 3), dtype=np.uint8)))
    assert "test images of 'made' have shape (9, 9, 3), the train images (8, 8, 3)" in message


def test_empty_test_arrays_are_refused(write_npz: Callable[..., Path]) -> None:
    empty = np.zeros((0, 8, 8, 3), dtype=np.uint8)
    message = refusal(write_npz(x_test=empty, y_test=np.zeros(0, dtype=np.int64)))
    assert "test part of 'made' has no images" in message


def test_one_class_is_too_few(write_npz: Callable[..., Path]) -> None:
    one = np.zeros(20, dtype=np.int64)
    assert "has one class only (0)" in refusal(write_npz(y_train=one, y_test=one[:4]))


def test_a_class_without_train_images_is_named(write_npz: Callable[..., Path]) -> None:
    message = refusal(write_npz(class_names=["cat", "dog", "cow"]))
    assert "Class 'cow' of 'made' has 0 train images" in message


@pytest.mark.parametrize("names", [["cat", "cat"], [1, 2], [["cat"], ["dog"]]])
def test_class_names_must_be_different_strings(
    write_npz: Callable[..., Path], names: list[object]
) -> None:
    assert "make it a list of different strings" in refusal(write_npz(class_names=names))


def test_pickled_objects_are_never_loaded(write_npz: Callable[..., Path]) -> None:
    objects = np.array(["cat", "dog"], dtype=object)
    assert "without object arrays" in refusal(write_npz(class_names=objects))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 half an archive"])
def test_a_file_that_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    assert "broken.npz cannot be read as an .npz" in refusal(path)


def test_a_truncated_archive_is_named(write_npz: Callable[..., Path]) -> None:
    path = write_npz()
    path.write_bytes(path.read_bytes()[:-200])
    assert "cannot be read as an .npz" in refusal(path)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    assert "is one array, no archive" in refusal(path)
