"""Accuracy of the deployed file itself, run by its engine image by image."""

import numpy as np

from hwnas.data import LabelledImages
from hwnas.errors import InvalidInputError
from hwnas.export import Preprocessing
from hwnas.measure.engine import Runner


def deployed_accuracy(
    runner: Runner, images: LabelledImages, preprocessing: Preprocessing
) -> float:
    """Share of images the loaded model classifies right, from 0 to 1.

    Raises:
        InvalidInputError: The images do not have the model's shape.
    """
    if len(runner.input_shape) != 4 or not isinstance(runner.input_shape[0], int):
        raise InvalidInputError(
            f"The model's input has shape {runner.input_shape}, not a fixed (batch, channels, "
            "height, width). Export it with hwnas."
        )
    batch, channels, size, _ = runner.input_shape
    if images.images.shape[1:] != (size, size, channels):
        raise InvalidInputError(
            f"The model takes {size}x{size} images of {channels} channels, the data are "
            f"{images.images.shape[1]}x{images.images.shape[2]} of {images.images.shape[3]}. "
            "Name the data the model was made for."
        )
    right = 0
    for first in range(0, len(images), batch):
        chosen = np.arange(first, min(first + batch, len(images)))
        padded = np.resize(chosen, batch)
        logits = runner(preprocessing(images.images[padded]))
        right += int((logits.argmax(1)[: len(chosen)] == images.labels[chosen]).sum())
    return right / len(images)
