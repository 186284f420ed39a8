"""Images of any shape become squares: shorter side resized, antialiased, centre cropped."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hwnas.data.memory import check_memory
from hwnas.errors import DataError


def centre_square(image: Image.Image, size: int) -> Image.Image:
    """The largest centred square of ``image`` at ``size`` by ``size`` pixels.

    Cropping first and resizing then gives the same picture as the other way round, in one call.
    """
    if image.size == (size, size):
        return image
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box)


def square_images(name: str, images: NDArray[np.uint8], size: int | None) -> NDArray[np.uint8]:
    """Every image at ``size`` by ``size``, or as it is where ``size`` is None.

    Args:
        name: The set, for the message.
        images: ``(n, height, width, channels)`` with 1 or 3 channels.
        size: In pixels.

    Raises:
        DataError: The images are not square and no size is given, or memory would not do.
    """
    n_images, height, width, n_channels = images.shape
    if size is None and height != width:
        raise DataError(
            f"The images of {name!r} are {width}x{height}, not square; pass --input-size to "
            "resize and crop them."
        )
    if size is None or size == height == width:
        return images
    check_memory(name, n_images, size, n_channels)
    squares = np.empty((n_images, size, size, n_channels), dtype=np.uint8)
    for square, image in zip(squares, images, strict=True):
        picture = Image.fromarray(image[..., 0] if n_channels == 1 else image)
        square[...] = np.asarray(centre_square(picture, size)).reshape(square.shape)
    return squares
