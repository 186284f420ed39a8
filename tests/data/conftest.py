"""Made data: image folders, IDX folders and archives small enough to write in a test."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

FolderWriter = Callable[..., Path]
"""``write(where, n_images, size=…, mode=…, suffix=…)``: fill one class folder."""

ArchiveWriter = Callable[..., Path]
"""``write(**arrays)``: an archive that differs from a good one by ``arrays``."""

IdxWriter = Callable[..., Path]
"""``write(folder, n_classes=…)``: four good IDX files."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def write_images(tmp_path: Path, rng: np.random.Generator) -> FolderWriter:
    def write(
        where: str,
        n_images: int,
        size: tuple[int, int] = (8, 8),
        mode: str = "RGB",
        suffix: str = "png",
    ) -> Path:
        folder = tmp_path / where
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(n_images):
            noise = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(noise).convert(mode).save(folder / f"{i}.{suffix}")
        return folder

    return write


@pytest.fixture
def pets(tmp_path: Path, write_images: FolderWriter) -> Path:
    """A good folder: cats and dogs, 10 images each to learn from and 2 each for the test."""
    for animal in ("cat", "dog"):
        write_images(f"pets/train/{animal}", 10)
        write_images(f"pets/test/{animal}", 2)
    return tmp_path / "pets"


@pytest.fixture
def write_idx(rng: np.random.Generator) -> IdxWriter:
    def write(folder: Path, n_classes: int = 10) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for part, n_each in (("train", 10), ("t10k", 2)):
            labels = np.repeat(np.arange(n_classes, dtype=np.uint8), n_each)
            images = rng.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
            for ending, array in (("images-idx3", images), ("labels-idx1", labels)):
                path = folder / f"{part}-{ending}-ubyte.gz"
                path.write_bytes(gzip.compress(_idx_bytes(array)))
        return folder

    return write


@pytest.fixture
def write_npz(tmp_path: Path, rng: np.random.Generator) -> ArchiveWriter:
    def write(**changed: Any) -> Path:  # noqa: ANN401  (whatever numpy would store)
        arrays: dict[str, Any] = {
            "x_train": rng.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8),
            "y_train": np.arange(20) % 2,
            "x_test": rng.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8),
            "y_test": np.arange(4) % 2,
        }
        arrays |= changed
        path = tmp_path / "made.npz"
        np.savez(path, **{key: array for key, array in arrays.items() if array is not None})
        return path

    return write


def _idx_bytes(array: NDArray[np.uint8]) -> bytes:
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()
