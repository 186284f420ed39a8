"""The 1,797 handwritten digits that come with scikit-learn: 8x8, grey, always at hand."""

import numpy as np

from hwnas.data.labelled import DataSet, LabelledImages
from hwnas.data.split import stratified_split
from hwnas.data.square import square_images
from hwnas.data.whole_set import SPLIT_SEED, Parts, whole_set

BRIGHTEST = 16
HELD_OUT_SHARE = 0.2
"""Of all images, once for test and once for validation; the set is too small for less."""


def load_digits(input_size: int | None = None) -> DataSet:
    """About 60 % train, 20 % validation, 20 % test; the same images every time."""
    from sklearn import datasets

    digits = datasets.load_digits()
    levels = np.rint(digits.images * (255 / BRIGHTEST)).astype(np.uint8)
    everything = LabelledImages(
        images=square_images("digits", levels[..., None], input_size),
        labels=digits.target.astype(np.int64),
    )
    rng = np.random.default_rng(SPLIT_SEED)
    rest, test = stratified_split(everything.labels, HELD_OUT_SHARE, rng)
    share_of_rest = HELD_OUT_SHARE / (1 - HELD_OUT_SHARE)
    train, validation = stratified_split(everything.labels[rest], share_of_rest, rng)
    parts = Parts(
        train=everything.take(rest[train]),
        validation=everything.take(rest[validation]),
        test=everything.take(test),
    )
    return whole_set("digits", [str(digit) for digit in range(10)], parts, mirror=False)
