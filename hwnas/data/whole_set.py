"""What a source holds becomes a whole set: missing parts are held out of its train images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.split import stratified_split
from hwnas.errors import DataError

SPLIT_SEED = 20190415
"""Fixed, so that no run ever learns from another run's test images."""

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1
MOST_VALIDATION_IMAGES = 10_000
"""More would cost training images and tell networks apart no better."""

FEWEST_IMAGES = 3
"""Of a class: one each to learn from, to choose by and to judge on."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts a source comes with; None is held out of ``train``."""

    train: LabelledImages
    validation: LabelledImages | None = None
    test: LabelledImages | None = None


def whole_set(name: str, class_names: Sequence[str], parts: Parts, *, mirror: bool) -> DataSet:
    """The set with all three parts; what is held out is the same on every machine.

    Two files of one class with the same bytes may still end up on both sides.

    Raises:
        DataError: The train images cannot be split, or a part is empty.
    """
    check_classes(name, class_names, parts.train.labels)
    _check_part(name, "validation", parts.validation, parts.train)
    _check_part(name, "test", parts.test, parts.train)
    rng = np.random.default_rng(SPLIT_SEED)
    train, test = parts.train, parts.test
    if test is None:
        train, test = _hold_out(train, TEST_SHARE, rng)
    validation = parts.validation
    if validation is None:
        share = min(VALIDATION_SHARE, MOST_VALIDATION_IMAGES / len(train))
        train, validation = _hold_out(train, share, rng)
    return DataSet(
        name=name,
        class_names=tuple(class_names),
        train=train,
        validation=validation,
        test=test,
        mirror=mirror,
    )


def check_classes(name: str, class_names: Sequence[str], labels: NDArray[np.int64]) -> None:
    """Refuse train labels from which nothing can be learned or held out.

    Raises:
        DataError: There is one class only, or a class has fewer than three images.
    """
    if len(class_names) < 2:
        raise DataError(
            f"{name!r} has one class only ({', '.join(class_names)}); "
            "add images of at least one other class."
        )
    counts = np.bincount(labels, minlength=len(class_names))
    scarcest = int(counts.argmin())
    if counts[scarcest] < FEWEST_IMAGES:
        raise DataError(
            f"Class {class_names[scarcest]!r} of {name!r} has {counts[scarcest]} train images, "
            f"too few to split; add images until it has {FEWEST_IMAGES}, or remove the class."
        )


def _check_part(
    name: str, part: str, images: LabelledImages | None, train: LabelledImages
) -> None:
    if images is None:
        return
    if not len(images):
        raise DataError(f"The {part} part of {name!r} has no images; fill it or remove it.")
    shape, train_shape = images.images.shape[1:], train.images.shape[1:]
    if shape != train_shape:
        raise DataError(
            f"The {part} images of {name!r} have shape {shape}, the train images {train_shape}; "
            "make them alike."
        )


def _hold_out(
    images: LabelledImages, share: float, rng: np.random.Generator
) -> tuple[LabelledImages, LabelledImages]:
    kept, held_out = stratified_split(images.labels, share, rng)
    return images.take(kept), images.take(held_out)
