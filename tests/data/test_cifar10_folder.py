"""A real folder of jpegs, written from archives that are not part of the project."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hwnas.data import load_data

SCRIPT = Path(__file__).parents[3] / "shared" / "tools" / "cifar10_to_folder.py"
ARCHIVES = {
    part: SCRIPT.parents[1] / f"data/cifar10_jpeg_{part}.npz" for part in ("train", "test")
}
N_IMAGES = {"train": 250, "test": 100}

pytestmark = pytest.mark.skipif(
    not all(path.is_file() for path in (SCRIPT, *ARCHIVES.values())),
    reason="the jpeg-recompressed CIFAR-10 is not beside the checkout",
)


@pytest.fixture(scope="module")
def some_jpegs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few images of each part, laid out as the script lays out all of them."""
    folder = tmp_path_factory.mktemp("some") / "cifar"
    for part, n_images in N_IMAGES.items():
        with np.load(ARCHIVES[part]) as packed:
            stream, classes = packed["jpeg"].tobytes(), packed["classes"]
            labels, ends = packed["label"], np.cumsum(packed["length"])
            starts = ends - packed["length"]
        for i in range(0, len(labels), len(labels) // n_images):
            path = folder / part / str(classes[labels[i]]) / f"{i:05d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stream[starts[i] : ends[i]])
    return folder


def test_some_jpegs_become_a_set(some_jpegs: Path) -> None:
    made = load_data(str(some_jpegs))
    assert len(made.train) + len(made.validation) == N_IMAGES["train"]
    assert (made.input_size, made.in_channels, made.n_classes) == (32, 3, 10)


def test_a_jpeg_keeps_its_pixels_and_its_label(some_jpegs: Path) -> None:
    made = load_data(str(some_jpegs))
    first = min((some_jpegs / "test" / made.class_names[0]).iterdir())
    pixels = np.asarray(Image.open(io.BytesIO(first.read_bytes())))
    assert made.test.labels[0] == 0
    assert (made.test.images[0] == pixels).all()


def test_jpegs_shrink_to_the_size_asked_for(some_jpegs: Path) -> None:
    assert load_data(str(some_jpegs), input_size=8).test.images.shape == (100, 8, 8, 3)


@pytest.mark.slow
def test_all_60000_jpegs_become_a_set(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "cifar")], check=True)
    made = load_data(str(tmp_path / "cifar"))
    assert (len(made.train), len(made.validation), len(made.test)) == (45_000, 5_000, 10_000)
    assert np.bincount(made.validation.labels).tolist() == [500] * 10
