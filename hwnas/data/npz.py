"""Labelled images in one NumPy archive."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.square import square_images
from hwnas.data.whole_set import Parts, whole_set
from hwnas.errors import DataError, reason

PARTS = {"train": "train", "validation": "val", "test": "test"}
"""How each part's keys end: ``x_val`` are the validation images."""

KNOWN_KEYS = {f"{axis}_{ending}" for axis in "xy" for ending in PARTS.values()} | {"class_names"}


def load_npz(path: Path, input_size: int | None = None) -> DataSet:
    """An archive with ``x_train`` and ``y_train``, perhaps ``x_val``, ``x_test``, ``class_names``.

    Images are uint8, or floats from 0 to 1; ``(n, height, width)``, channels last, or channels
    first where only the second axis is 1 or 3. Without test images a fifth of the train images
    is held out. Colour images are mirrored in training, grey ones, often characters, are not.

    Raises:
        DataError: The archive is damaged, or an array is missing or cannot be used.
    """
    arrays = _read_arrays(path)
    class_names = _class_names(path, arrays)
    parts = {
        part: _read_part(path, arrays, ending, len(class_names), input_size)
        for part, ending in PARTS.items()
        if part == "train" or f"x_{ending}" in arrays or f"y_{ending}" in arrays
    }
    mirror = parts["train"].images.shape[3] == 3
    return whole_set(path.stem, class_names, Parts(**parts), mirror=mirror)


def _read_arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:  # np.load would leave a damaged file open
            archive = np.load(file, allow_pickle=False)
            arrays = dict(archive) if isinstance(archive, np.lib.npyio.NpzFile) else None
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read as an .npz of plain arrays ({reason(error)}); "
            "write it again with numpy.savez, without object arrays."
        ) from error
    if arrays is None:
        raise DataError(f"{path} is one array, no archive; write it with numpy.savez.")
    unknown = sorted(set(arrays) - KNOWN_KEYS)
    if unknown:
        raise DataError(
            f"{path} has an array {unknown[0]!r} that hwnas does not know; "
            f"it reads {', '.join(sorted(KNOWN_KEYS))}."
        )
    return arrays


def _class_names(path: Path, arrays: Mapping[str, NDArray[Any]]) -> tuple[str, ...]:
    """The names the archive gives, else the numbers up to the highest train label."""
    if "class_names" not in arrays:
        labels = _labels(path, arrays, "y_train")
        return tuple(str(label) for label in range(int(labels.max(initial=0)) + 1))
    names = arrays["class_names"]
    if names.ndim != 1 or names.dtype.kind != "U" or len(set(names.tolist())) < len(names):
        raise DataError(
            f"class_names of {path} has type {names.dtype} and shape {names.shape}; "
            "make it a list of different strings."
        )
    return tuple(names.tolist())


def _read_part(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    ending: str,
    n_classes: int,
    input_size: int | None,
) -> LabelledImages:
    images = _images(path, arrays, f"x_{ending}")
    labels = _labels(path, arrays, f"y_{ending}")
    if len(images) != len(labels):
        raise DataError(
            f"{path} has {len(images)} images in x_{ending} but {len(labels)} labels in "
            f"y_{ending}; give every image one label."
        )
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if len(outside):
        raise DataError(
            f"y_{ending} of {path} has label {outside[0]}, but the classes are 0 to "
            f"{n_classes - 1}; correct that label."
        )
    return LabelledImages(images=square_images(path.stem, images, input_size), labels=labels)


def _labels(path: Path, arrays: Mapping[str, NDArray[Any]], key: str) -> NDArray[np.int64]:
    labels = _array(path, arrays, key)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{key} of {path} has type {labels.dtype} and shape {labels.shape}; "
            "make it one whole number per image."
        )
    return labels.astype(np.int64)


def _images(path: Path, arrays: Mapping[str, NDArray[Any]], key: str) -> NDArray[np.uint8]:
    """``(n, height, width, channels)``, scaled to 0 … 255."""
    images = _array(path, arrays, key)
    if images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and images.shape[3] not in (1, 3) and images.shape[1] in (1, 3):
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape[1:]:
        raise DataError(
            f"{key} of {path} has shape {images.shape}; make it (n, height, width), "
            "(n, height, width, 1 or 3) or (n, 1 or 3, height, width)."
        )
    return images if images.dtype == np.uint8 else _from_floats(path, key, images)


def _from_floats(path: Path, key: str, images: NDArray[Any]) -> NDArray[np.uint8]:
    if images.dtype.kind != "f":
        raise DataError(
            f"{key} of {path} has type {images.dtype}; store uint8, or floats from 0 to 1."
        )
    if not np.isfinite(images).all():
        raise DataError(f"{key} of {path} has a NaN or infinite pixel; replace it.")
    lowest, highest = float(images.min(initial=0)), float(images.max(initial=0))
    if lowest < 0 or highest > 1:
        raise DataError(
            f"{key} of {path} has floats from {lowest:g} to {highest:g}; "
            "scale them to 0 to 1, or store uint8."
        )
    levels: NDArray[np.uint8] = np.rint(images * 255).astype(np.uint8)
    return levels


def _array(path: Path, arrays: Mapping[str, NDArray[Any]], key: str) -> NDArray[Any]:
    if key not in arrays:
        found = ", ".join(sorted(arrays)) or "none"
        raise DataError(f"{path} lacks the array {key}; add it (found: {found}).")
    return arrays[key]
