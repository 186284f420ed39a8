"""Every set that has a name, and the one way to load any set."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from hwnas.data.digits import load_digits
from hwnas.data.fashion_mnist import holds_idx, load_fashion_mnist, load_idx_folder
from hwnas.data.image_folder import OnFiles, Warn, load_image_folder
from hwnas.data.labelled import DataSet
from hwnas.data.npz import load_npz
from hwnas.errors import DataError
from hwnas.record import unknown_name

DATA_SETS: Mapping[str, Callable[[int | None], DataSet]] = {
    "digits": load_digits,
    "fashion-mnist": load_fashion_mnist,
}


def load_data(
    name_or_path: str,
    *,
    input_size: int | None = None,
    skip_bad: bool = False,
    warn: Warn | None = None,
    progress: OnFiles | None = None,
) -> DataSet:
    """A set by its name, or from a folder of images, a folder of IDX files or an ``.npz``.

    Args:
        name_or_path: A name goes before a folder that happens to be called the same.
        input_size: Height and width to resize to, in pixels; None keeps the images' own.
        skip_bad: Leave out damaged and mislabelled files of an image folder.
        warn: Told what was left out.
        progress: Told how many files of an image folder are done, and of how many.

    Raises:
        DataError: The set is missing, damaged, or cannot be learned from.
        UnknownNameError: There is neither a set nor a path of that name.
    """
    if input_size is not None and input_size < 1:
        raise DataError(f"--input-size is {input_size}; pass at least 1.")
    if name_or_path in DATA_SETS:
        return DATA_SETS[name_or_path](input_size)
    path = Path(name_or_path).expanduser()
    if path.is_dir() and holds_idx(path):
        return load_idx_folder(path, input_size)
    if path.is_dir():
        return load_image_folder(
            path, input_size=input_size, skip_bad=skip_bad, warn=warn, progress=progress
        )
    if path.is_file():
        return _load_file(path, input_size)
    if _looks_like_a_path(name_or_path):
        raise DataError(f"No such folder or .npz file: {name_or_path}; name an existing one.")
    raise unknown_name("data set", name_or_path, DATA_SETS)


def _load_file(path: Path, input_size: int | None) -> DataSet:
    if path.suffix.lower() != ".npz":
        raise DataError(f"{path} is no folder and no .npz; name a folder of images or an .npz.")
    return load_npz(path, input_size)


def _looks_like_a_path(name: str) -> bool:
    return name.endswith(".npz") or name[:1] in (".", "~") or "/" in name or os.sep in name
