"""One image file becomes pixels, or a reason why it cannot."""

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from hwnas.data.square import centre_square
from hwnas.errors import reason

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
GREY_MODES = ("1", "L", "LA")


@dataclass(frozen=True, kw_only=True)
class Header:
    """What an image says of itself before it is decoded, and a hash of its file."""

    size: tuple[int, int]
    is_grey: bool
    file_hash: bytes


@dataclass(frozen=True)
class Unusable:
    """Why an image is left out: the end of a sentence that starts with its path."""

    reason: str


def read_header(path: Path) -> Header | Unusable:
    """Look at an image without decoding it."""
    try:
        content = path.read_bytes()
        with _opened(content) as image:
            if image.mode.startswith(("I", "F")):
                return Unusable(f"has more than 8 bits per pixel (mode {image.mode})")
            return Header(
                size=image.size,
                is_grey=image.mode in GREY_MODES,
                file_hash=hashlib.blake2b(content, digest_size=16).digest(),
            )
    except OSError as error:
        return Unusable(f"cannot be read ({reason(error)})")
    except ValueError as error:
        return Unusable(str(error))


def decode_into(square: NDArray[np.uint8], path: Path) -> Unusable | None:
    """Fill ``square``, ``(size, size, channels)``, with the upright image; alpha is dropped."""
    size, _, n_channels = square.shape
    try:
        with _opened(path.read_bytes()) as image:
            # A JPEG decoder can skip detail nobody will see; twice the size keeps resizing exact.
            image.draft(None, (2 * size, 2 * size))
            ImageOps.exif_transpose(image, in_place=True)
            image.info.pop("transparency", None)  # else convert() warns
            picture = centre_square(image.convert("L" if n_channels == 1 else "RGB"), size)
            square[...] = np.asarray(picture).reshape(square.shape)
            return None
    except OSError as error:
        return Unusable(f"cannot be read ({reason(error)})")
    except ValueError as error:
        return Unusable(str(error))


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """The image, not yet decoded; what Pillow raises on damage, then too, is a ValueError."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            yield image
    except UnidentifiedImageError as error:
        raise ValueError("is no JPEG, PNG, BMP or WebP image") from error
    except Image.DecompressionBombError as error:
        raise ValueError("has more pixels than Pillow will decode") from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        raise ValueError(f"cannot be decoded ({error})") from error
