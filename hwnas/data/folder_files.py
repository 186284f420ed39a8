"""Which image files a folder holds, and what their folders say of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwnas.errors import DataError, reason

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".webp")

FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
"""The part that each folder is for, in small letters."""

UNKNOWN_LABEL = -1
"""Of a class that the train images do not have."""


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """One image that was found, not yet opened."""

    path: Path
    part: str
    label: int


@dataclass(frozen=True, kw_only=True)
class FolderListing:
    """Every image file below a folder, in the order of the paths."""

    folder: Path
    class_names: tuple[str, ...]
    files: tuple[ImageFile, ...]

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def train_labels(self) -> NDArray[np.int64]:
        """The label of every train file."""
        return np.array([file.label for file in self.files if file.part == "train"], np.int64)

    def has_part(self, part: str) -> bool:
        """Whether the folder brings that part."""
        return any(file.part == part for file in self.files)


def list_images(folder: Path) -> FolderListing:
    """Find ``train/<class>/*.jpg`` and its like, or ``<class>/*.jpg`` where there is no train/.

    Hidden files and files with another suffix are passed over.

    Raises:
        DataError: The folder is missing, unreadable, or holds no class folders or no images.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}; name an existing one.")
    try:
        return _list_parts(folder, _part_folders(folder))
    except OSError as error:
        raise DataError(f"Cannot list {folder}: {reason(error)}; make it readable.") from error


def _part_folders(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for child in _subfolders(folder):
        part = FOLDERS.get(child.name.lower())
        if part is None:
            continue
        if part in found:
            raise DataError(
                f"{folder} has both {found[part].name}/ and {child.name}/; keep one of them."
            )
        found[part] = child
    if "train" in found:
        return found
    if any(_subfolders(place) for place in found.values()):
        first = next(iter(found.values()))
        raise DataError(f"{folder} has {first.name}/ but no train/; add train/<class>/*.jpg.")
    return {"train": folder}


def _list_parts(folder: Path, places: dict[str, Path]) -> FolderListing:
    class_names = tuple(child.name for child in _subfolders(places["train"]))
    if not class_names:
        raise DataError(
            f"{places['train']} has no class folders; put the images into one folder per class."
        )
    files: list[ImageFile] = []
    for part, place in places.items():
        found = [
            ImageFile(path=path, part=part, label=_label(class_folder.name, class_names))
            for class_folder in _subfolders(place)
            for path in _images_in(class_folder)
        ]
        if not found:
            raise DataError(
                f"{place} has no images in its class folders; add files that end in "
                f"{', '.join(SUFFIXES)}."
            )
        files += found
    return FolderListing(folder=folder, class_names=class_names, files=tuple(files))


def _label(class_name: str, class_names: tuple[str, ...]) -> int:
    return class_names.index(class_name) if class_name in class_names else UNKNOWN_LABEL


def _subfolders(folder: Path) -> list[Path]:
    return sorted(
        child for child in folder.iterdir() if child.is_dir() and not child.name.startswith(".")
    )


def _images_in(folder: Path) -> list[Path]:
    """A dangling link counts, so that it is reported and not passed over."""
    return sorted(
        child
        for child in folder.iterdir()
        if child.suffix.lower() in SUFFIXES
        and not child.name.startswith(".")
        and not child.is_dir()
    )
