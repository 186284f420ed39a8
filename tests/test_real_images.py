"""The main job on real pictures through ONNX Runtime, with few blocks and little training."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import torch

import hwnas
from hwnas import FinetuneSettings, SupernetSettings
from hwnas.device import load_device
from hwnas.errors import DataError
from hwnas.pipeline import space_for
from hwnas.progress import silent

TO_FOLDER = Path(__file__).parents[2] / "shared/tools/cifar10_to_folder.py"
SPACE = Path(__file__).parent / "spaces/pictures.toml"
SHARE = 3
"""Of the colour pictures, one in so many is learned from."""
LITTLE = SupernetSettings(epoch_images=128, warmup_epochs=10, validation_images=300)


@pytest.fixture(autouse=True)
def few_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """To calibrate the table on."""
    monkeypatch.setattr(import_module("hwnas.profile.wanted"), "N_NETWORKS", 12)


@pytest.fixture(autouse=True)
def every_core() -> Iterator[None]:
    """Other tests train on one thread; these networks are large enough to share out."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


def half_of_mobilenetv2(data: str, folder: Path) -> str:
    """Half the measured int8 latency of the MobileNetV2 preset on the same images."""
    hwnas.export("mobilenetv2", folder / "mobilenetv2.onnx", data=data)
    report = hwnas.verify(folder / "mobilenetv2.onnx")
    return f"{report.measured.median_ms / 2:.6f}ms"


def search_half(data: str, folder: Path) -> hwnas.SearchResult:
    return hwnas.search(
        half_of_mobilenetv2(data, folder),
        data=data,
        space=str(SPACE),
        supernet=LITTLE,
        queries=20,
        finetune=FinetuneSettings(epochs=1),
        out=folder / "run",
    )


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1800)  # several minutes, on a machine that others use
def test_fashion_mnist_at_half_the_latency_of_mobilenetv2(tmp_path: Path) -> None:
    try:
        space_for(load_device("local"), "mobilenet", (0, 0, 0), "fashion-mnist", silent)
    except DataError:
        pytest.skip("needs Fashion-MNIST (Debian package dataset-fashion-mnist)")
    result = search_half("fashion-mnist", tmp_path)
    assert result.latency_budget_ms is not None
    assert result.accuracy_int8 is not None
    assert result.measured_latency_ms <= result.latency_budget_ms
    assert result.accuracy_int8 >= 0.85
    assert result.accuracy_float32 - result.accuracy_int8 <= 0.01


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1800)  # several minutes, on a machine that others use
def test_a_folder_of_colour_images_works_with_the_same_command(tmp_path: Path) -> None:
    if not TO_FOLDER.is_file():
        pytest.skip("needs shared/tools/cifar10_to_folder.py")
    subprocess.run([sys.executable, TO_FOLDER, tmp_path / "cifar10"], check=True)
    for number, picture in enumerate(sorted((tmp_path / "cifar10" / "train").rglob("*.jpg"))):
        if number % SHARE:
            picture.unlink()
    result = search_half(str(tmp_path / "cifar10"), tmp_path)
    assert result.latency_budget_ms is not None
    assert result.accuracy_int8 is not None
    assert result.measured_latency_ms <= result.latency_budget_ms
    assert result.accuracy_int8 >= 0.4
