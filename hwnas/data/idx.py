"""The IDX file format of MNIST and its successors: a header of sizes, then bytes."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwnas.errors import DataError, reason

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTES = 0x08


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, gzipped or not.

    Raises:
        DataError: The file is unreadable, no IDX, truncated, or has another number of axes.
    """
    content = _unpacked(path)
    if len(content) < 4 or content[:3] != bytes((0, 0, UNSIGNED_BYTES)) or content[3] != n_axes:
        raise _bad_idx(path, f"starts with {content[:4].hex(' ') or 'nothing'}")
    start = 4 + 4 * n_axes
    if len(content) < start:
        raise _bad_idx(path, "ends inside its header")
    shape = struct.unpack(f">{n_axes}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise _bad_idx(path, f"has {len(content) - start} bytes for shape {shape}")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape).copy()


def find_idx(folder: Path, name: str) -> Path | None:
    """The file of that name in ``folder``, gzipped or not; None without one."""
    candidates = (folder / f"{name}.gz", folder / name)
    return next((path for path in candidates if path.is_file()), None)


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content
    except (OSError, EOFError, zlib.error) as error:
        raise _bad_idx(path, f"cannot be read ({reason(error)})") from error


def _bad_idx(path: Path, what: str) -> DataError:
    return DataError(f"{path} is no whole IDX file: it {what}; fetch it again.")
