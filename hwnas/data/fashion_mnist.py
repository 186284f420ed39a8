"""Fashion-MNIST (Xiao et al. 2017), and any folder with four IDX files named like MNIST's."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hwnas.data.idx import find_idx, read_idx
from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.square import square_images
from hwnas.data.whole_set import Parts, whole_set
from hwnas.errors import DataError

CLASS_NAMES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

TRAIN_LABELS_SHA256 = "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"
"""Of the 60,000 published labels: how a folder of the user's is known to be Fashion-MNIST."""

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package ``dataset-fashion-mnist`` puts it."""


def load_fashion_mnist(input_size: int | None = None) -> DataSet:
    """60,000 train images, of which 6,000 are held out to choose by, and 10,000 test images.

    Looks in ``$HWNAS_DATA/fashion-mnist``, then where Debian puts it.

    Raises:
        DataError: It is in neither place, or its files are damaged.
    """
    root = os.environ.get("HWNAS_DATA")
    folders = ([Path(root) / "fashion-mnist"] if root else []) + [DEBIAN_FOLDER]
    folder = next((folder for folder in folders if holds_idx(folder)), None)
    if folder is None:
        raise DataError(
            "Fashion-MNIST is not on this machine; run `apt-get install dataset-fashion-mnist`, "
            "or put its four IDX files into fashion-mnist/ of a folder named by $HWNAS_DATA."
        )
    train, test = _read_parts("fashion-mnist", folder, input_size)
    return _named_set("fashion-mnist", CLASS_NAMES, train, test, mirror=True)


def load_idx_folder(folder: Path, input_size: int | None = None) -> DataSet:
    """A folder with ``train-`` and ``t10k-images-idx3-ubyte`` and their labels.

    MNIST's files have the same names, so classes are numbered and images not mirrored, unless
    the labels are those of Fashion-MNIST.

    Raises:
        DataError: A file is missing or damaged, or the labels cannot be learned from.
    """
    name = folder.resolve().name
    train, test = _read_parts(name, folder, input_size)
    label_bytes = train.labels.astype(np.uint8).tobytes()
    if hashlib.sha256(label_bytes).hexdigest() == TRAIN_LABELS_SHA256:
        return _named_set(name, CLASS_NAMES, train, test, mirror=True)
    numbers = [str(label) for label in range(int(train.labels.max(initial=0)) + 1)]
    return _named_set(name, numbers, train, test, mirror=False)


def holds_idx(folder: Path) -> bool:
    """Whether this is a folder of IDX files."""
    return find_idx(folder, "train-images-idx3-ubyte") is not None


def _read_parts(
    name: str, folder: Path, input_size: int | None
) -> tuple[LabelledImages, LabelledImages]:
    train = _read_part(name, folder, "train", input_size)
    return train, _read_part(name, folder, "t10k", input_size)


def _read_part(name: str, folder: Path, part: str, input_size: int | None) -> LabelledImages:
    images = read_idx(_existing(folder, f"{part}-images-idx3-ubyte"), n_axes=3)
    labels = read_idx(_existing(folder, f"{part}-labels-idx1-ubyte"), n_axes=1)
    if len(images) != len(labels):
        raise DataError(
            f"{folder} has {len(images)} {part} images but {len(labels)} labels; "
            "fetch both files again."
        )
    squares = square_images(name, images[..., None], input_size)
    return LabelledImages(images=squares, labels=labels.astype(np.int64))


def _existing(folder: Path, name: str) -> Path:
    path = find_idx(folder, name)
    if path is None:
        raise DataError(f"{folder} lacks {name}; put it or {name}.gz there.")
    return path


def _named_set(
    name: str,
    class_names: Sequence[str],
    train: LabelledImages,
    test: LabelledImages,
    *,
    mirror: bool,
) -> DataSet:
    highest = max(int(part.labels.max(initial=0)) for part in (train, test))
    if highest >= len(class_names):
        raise DataError(
            f"{name!r} has label {highest} but only {len(class_names)} classes; "
            "fetch its label files again."
        )
    return whole_set(name, class_names, Parts(train=train, test=test), mirror=mirror)
