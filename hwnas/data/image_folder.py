"""A folder of images, one folder per class, becomes a set."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hwnas.data.bad_files import mislabelled_files, stop_or_warn
from hwnas.data.decode import Header, Unusable, decode_into, read_header
from hwnas.data.folder_files import FolderListing, ImageFile, list_images
from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.memory import check_memory
from hwnas.data.threads import in_threads
from hwnas.data.whole_set import Parts, check_classes, whole_set

USUAL_SIZE = 224
"""Of images that come in many sizes, as on ImageNet."""

Warn = Callable[[str], None]
OnFiles = Callable[[int, int], None]


def load_image_folder(
    folder: Path,
    *,
    input_size: int | None = None,
    skip_bad: bool = False,
    warn: Warn | None = None,
    progress: OnFiles | None = None,
) -> DataSet:
    """Read ``train/<class>/*.jpg``, perhaps ``val/`` or ``validation/``, perhaps ``test/``.

    Without ``train/`` the class folders lie in ``folder`` itself; without ``test/`` a fifth of
    every class is held out, always the same. Colour images are mirrored in training, grey ones,
    often characters, are not.

    Args:
        folder: Where the images lie.
        input_size: Resize the shorter side to this and crop the centre. None keeps the images
            as they are if all are one square size, else it is 224.
        skip_bad: Leave out damaged and mislabelled files instead of stopping.
        warn: Told what was left out.
        progress: Told how many files of how many are done.

    Raises:
        DataError: The folder cannot be learned from, would not fit memory, or has bad files.
    """
    listing = list_images(folder)
    check_classes(listing.name, listing.class_names, listing.train_labels)
    headers, bad = _look(listing, progress)
    good = [file for file in listing.files if file.path not in bad]
    pixels = _empty_images(listing.name, [headers[file.path] for file in good], input_size)
    bad |= _decode(pixels, good, listing, progress)
    stop_or_warn(listing, bad, skip_bad=skip_bad, warn=warn)
    parts = {
        part: _part([file.part == part and file.path not in bad for file in good], pixels, good)
        for part in ("train", "validation", "test")
        if listing.has_part(part)
    }
    return whole_set(
        listing.name, listing.class_names, Parts(**parts), mirror=pixels.shape[3] == 3
    )


def _look(
    listing: FolderListing, progress: OnFiles | None
) -> tuple[dict[Path, Header], dict[Path, str]]:
    """First pass: the headers of the readable files, and what is wrong with the others."""
    Image.init()  # here, as the threads would race for it
    n_files = len(listing.files)
    paths = [file.path for file in listing.files]
    looks = in_threads(read_header, paths, _share_of(progress, n_files, n_seen_before=0))
    headers = {
        path: look for path, look in zip(paths, looks, strict=True) if isinstance(look, Header)
    }
    unusable = {
        path: look.reason
        for path, look in zip(paths, looks, strict=True)
        if isinstance(look, Unusable)
    }
    return headers, unusable | mislabelled_files(listing, headers)


def _empty_images(
    name: str, headers: Sequence[Header], input_size: int | None
) -> NDArray[np.uint8]:
    """Room for the images, once it is known that there is some."""
    n_channels = 1 if all(header.is_grey for header in headers) else 3
    size = input_size or _own_size(headers) or USUAL_SIZE
    check_memory(name, len(headers), size, n_channels)
    return np.empty((len(headers), size, size, n_channels), dtype=np.uint8)


def _own_size(headers: Sequence[Header]) -> int | None:
    sizes = {header.size for header in headers}
    width, height = next(iter(sizes), (0, 0))
    return width if len(sizes) == 1 and width == height else None


def _decode(
    pixels: NDArray[np.uint8],
    files: Sequence[ImageFile],
    listing: FolderListing,
    progress: OnFiles | None,
) -> dict[Path, str]:
    """Second pass: fill ``pixels``; what is wrong with the files that would not decode."""
    n_files = len(listing.files)
    failures = in_threads(
        lambda i: decode_into(pixels[i], files[i].path),
        range(len(files)),
        _share_of(progress, n_files, n_seen_before=2 * n_files - len(files)),
    )
    return {
        file.path: failure.reason
        for file, failure in zip(files, failures, strict=True)
        if failure is not None
    }


def _share_of(
    progress: OnFiles | None, n_files: int, *, n_seen_before: int
) -> Callable[[int], None]:
    """One bar for both passes: a file is done when it was seen twice."""

    def report(n_seen: int) -> None:
        if progress is not None:
            progress((n_seen_before + n_seen) // 2, n_files)

    return report


def _part(
    is_in_part: Sequence[bool], pixels: NDArray[np.uint8], files: Sequence[ImageFile]
) -> LabelledImages:
    labels = np.array([file.label for file in files], dtype=np.int64)
    chosen = np.flatnonzero(is_in_part)
    return LabelledImages(images=pixels[chosen], labels=labels[chosen])
