"""Whether the decoded images will fit."""

import psutil

from hwnas.errors import DataError

SHARE_OF_FREE = 0.5
"""The other half is for the copy that splitting makes, and for training."""


def check_memory(name: str, n_images: int, size: int, n_channels: int) -> None:
    """Refuse a set before it fills the machine.

    Raises:
        DataError: The decoded images would take more than half of the free memory.
    """
    needed_bytes = n_images * size * size * n_channels
    free_bytes = psutil.virtual_memory().available
    if needed_bytes > SHARE_OF_FREE * free_bytes:
        raise DataError(
            f"The {n_images} images of {name!r} would take {needed_bytes / 2**30:.1f} GiB at "
            f"{size}x{size}, more than half of the {free_bytes / 2**30:.1f} GiB that are free; "
            "pass a smaller --input-size."
        )
