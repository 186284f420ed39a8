"""Labelled images in memory: one part of a set, and the whole set with its three parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

IMAGES_A_STEP = 1024
"""Keeps the 64-bit copy that ``bincount`` makes small."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledImages:
    """Square 8-bit images and their labels; image ``i`` has label ``i``.

    ``images`` is ``(n, height, width, channels)`` with 1 or 3 channels, ``labels`` is ``(n,)``.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = self.images.shape
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] not in (1, 3):
            raise ValueError(f"images must be (n, size, size, 1 or 3), got {shape}")
        if self.images.dtype != np.uint8 or self.labels.dtype != np.int64:
            raise ValueError(
                f"images must be uint8 and labels int64, got {self.images.dtype} "
                f"and {self.labels.dtype}"
            )
        if self.labels.shape != shape[:1]:
            raise ValueError(f"{shape[0]} images need as many labels, got {self.labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.integer[Any]] | Sequence[int]) -> "LabelledImages":
        """A copy of the images at ``indices``, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return LabelledImages(images=self.images[chosen], labels=self.labels[chosen])


@dataclass(frozen=True, kw_only=True, eq=False)
class DataSet:
    """What a network learns from, is chosen by and is judged on.

    ``mirror`` says whether an image flipped left to right keeps its label.
    ``test`` is for the last word only: nothing may be chosen by it.
    """

    name: str
    class_names: tuple[str, ...]
    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    mirror: bool

    def __post_init__(self) -> None:
        for part in (self.train, self.validation, self.test):
            if not len(part):
                raise ValueError(f"every part of {self.name!r} needs images, one has none")
            if part.images.shape[1:] != self.train.images.shape[1:]:
                raise ValueError(f"the parts of {self.name!r} have images of unequal shape")
            if part.labels.min() < 0 or part.labels.max() >= self.n_classes:
                raise ValueError(f"a label of {self.name!r} is outside 0 … {self.n_classes - 1}")

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def in_channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self.train.images.shape[3])

    @property
    def input_size(self) -> int:
        """Height and width of every image, in pixels."""
        return int(self.train.images.shape[1])

    @property
    def mean(self) -> tuple[float, ...]:
        """Of the train images scaled to 0 … 1, per channel."""
        return self._mean_and_std[0]

    @property
    def std(self) -> tuple[float, ...]:
        """As ``mean``; at least one grey level, so that dividing by it is safe."""
        return self._mean_and_std[1]

    @cached_property
    def fingerprint(self) -> str:
        """Short hash of every image and label, for the key of a cache."""
        digest = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            digest.update(repr(part.images.shape).encode())
            digest.update(np.ascontiguousarray(part.images).data)
            digest.update(np.ascontiguousarray(part.labels).data)
        return digest.hexdigest()[:16]

    @cached_property
    def _mean_and_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        levels = np.arange(256) / 255
        shares = _histogram(self.train.images) / self.train.images[..., 0].size
        mean = shares @ levels
        variance = (shares * (levels - mean[:, None]) ** 2).sum(axis=1)
        std = np.maximum(np.sqrt(variance), 1 / 255)
        return tuple(mean.tolist()), tuple(std.tolist())


def _histogram(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each channel has each of the 256 levels: ``(channels, 256)``."""
    counts = np.zeros((images.shape[3], 256), dtype=np.int64)
    for start in range(0, len(images), IMAGES_A_STEP):
        for channel in range(images.shape[3]):
            levels = images[start : start + IMAGES_A_STEP, ..., channel].ravel()
            counts[channel] += np.bincount(levels, minlength=256)
    return counts
