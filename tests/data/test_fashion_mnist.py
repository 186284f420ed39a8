import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwnas.data import DataSet, fashion_mnist, load_data
from hwnas.errors import DataError

HAS_FASHION_MNIST = fashion_mnist.holds_idx(fashion_mnist.DEBIAN_FOLDER)
needs_fashion_mnist = pytest.mark.skipif(
    not HAS_FASHION_MNIST, reason="Debian's dataset-fashion-mnist is not installed"
)


@pytest.fixture(scope="module")
def fashion() -> DataSet:
    return load_data("fashion-mnist")


@needs_fashion_mnist
def test_fashion_mnist_has_its_published_size(fashion: DataSet) -> None:
    counts = [len(part) for part in (fashion.train, fashion.validation, fashion.test)]
    assert counts == [54_000, 6_000, 10_000]


@needs_fashion_mnist
def test_fashion_mnist_may_be_mirrored_and_has_names(fashion: DataSet) -> None:
    assert fashion.mirror
    assert fashion.class_names[9] == "ankle boot"


@needs_fashion_mnist
def test_fashion_mnist_is_tested_on_the_t10k_file_alone(fashion: DataSet) -> None:
    path = fashion_mnist.DEBIAN_FOLDER / "t10k-images-idx3-ubyte.gz"
    assert fashion.test.images.tobytes() == gzip.decompress(path.read_bytes())[16:]


@needs_fashion_mnist
def test_train_and_validation_are_the_train_file_once(fashion: DataSet) -> None:
    path = fashion_mnist.DEBIAN_FOLDER / "train-images-idx3-ubyte.gz"
    content = gzip.decompress(path.read_bytes())[16:]
    published = sorted(content[start : start + 784] for start in range(0, len(content), 784))
    used = [image.tobytes() for image in fashion.train.images]
    used += [image.tobytes() for image in fashion.validation.images]
    assert sorted(used) == published


@needs_fashion_mnist
def test_a_copy_of_fashion_mnist_is_known_by_its_labels(tmp_path: Path) -> None:
    copy = tmp_path / "clothes"
    copy.symlink_to(fashion_mnist.DEBIAN_FOLDER)
    loaded = fashion_mnist.load_idx_folder(copy)
    assert loaded.class_names == fashion_mnist.CLASS_NAMES
    assert loaded.mirror


def test_the_folder_of_hwnas_data_goes_first(
    tmp_path: Path, write_idx: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path / "fashion-mnist")
    monkeypatch.setenv("HWNAS_DATA", str(tmp_path))
    made = load_data("fashion-mnist")
    assert (made.name, len(made.train), len(made.test)) == ("fashion-mnist", 90, 20)


def test_a_missing_fashion_mnist_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HWNAS_DATA", raising=False)
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path)
    with pytest.raises(DataError, match=r"apt-get install dataset-fashion-mnist.*HWNAS_DATA"):
        load_data("fashion-mnist")


def test_another_idx_folder_has_numbered_classes_and_no_mirror(
    tmp_path: Path, write_idx: Callable[..., Path]
) -> None:
    made = load_data(str(write_idx(tmp_path / "letters", n_classes=3)))
    assert (made.name, made.class_names, made.mirror) == ("letters", ("0", "1", "2"), False)


def test_idx_files_need_not_be_compressed(tmp_path: Path, write_idx: Callable[..., Path]) -> None:
    folder = write_idx(tmp_path / "letters")
    compressed = load_data(str(folder)).fingerprint
    for path in folder.iterdir():
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert load_data(str(folder)).fingerprint == compressed


def test_idx_images_are_resized_when_asked(tmp_path: Path, write_idx: Callable[..., Path]) -> None:
    made = load_data(str(write_idx(tmp_path / "letters")), input_size=32)
    assert made.test.images.shape == (20, 32, 32, 1)


def test_a_truncated_gzip_is_named(tmp_path: Path, write_idx: Callable[..., Path]) -> None:
    path = write_idx(tmp_path / "letters") / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"t10k-images.*is no whole IDX file.*fetch it again"):
        load_data(str(path.parent))


def test_a_truncated_idx_says_what_it_holds(
    tmp_path: Path, write_idx: Callable[..., Path]
) -> None:
    path = write_idx(tmp_path / "letters") / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.decompress(path.read_bytes())[:-1])
    with pytest.raises(DataError, match=r"has 99 bytes for shape \(100,\)"):
        load_data(str(path.parent))


def test_an_idx_that_ends_inside_its_header_is_named(
    tmp_path: Path, write_idx: Callable[..., Path]
) -> None:
    path = write_idx(tmp_path / "letters") / "train-images-idx3-ubyte.gz"
    path.write_bytes(bytes((0, 0, 8, 3, 0)))
    with pytest.raises(DataError, match="ends inside its header"):
        load_data(str(path.parent))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x00\x00\x0d\x03"])
def test_a_file_that_is_no_idx_is_named(
    tmp_path: Path, write_idx: Callable[..., Path], content: bytes
) -> None:
    path = write_idx(tmp_path / "letters") / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"train-images.*is no whole IDX file: it starts with"):
        load_data(str(path.parent))


def test_a_missing_idx_file_is_named(tmp_path: Path, write_idx: Callable[..., Path]) -> None:
    folder = write_idx(tmp_path / "letters")
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="lacks t10k-labels-idx1-ubyte; put it"):
        load_data(str(folder))


def test_idx_images_and_labels_must_be_as_many(
    tmp_path: Path, write_idx: Callable[..., Path]
) -> None:
    folder = write_idx(tmp_path / "letters")
    labels = np.zeros(7, dtype=np.uint8).tobytes()
    header = struct.pack(">4BI", 0, 0, 8, 1, 7)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(header + labels)
    with pytest.raises(DataError, match="100 train images but 7 labels"):
        load_data(str(folder))


def test_a_test_label_beyond_the_classes_is_named(
    tmp_path: Path, write_idx: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path / "fashion-mnist", n_classes=11)
    monkeypatch.setenv("HWNAS_DATA", str(tmp_path))
    with pytest.raises(DataError, match="has label 10 but only 10 classes"):
        load_data("fashion-mnist")
