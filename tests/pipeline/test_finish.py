"""The last steps: an int8 model that loses accuracy is calibrated another way."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.device import DeviceSpec, load_device
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.pipeline import finish
from hwnas.pipeline.finish import Workshop
from hwnas.quantize import Deployable
from hwnas.space import blocks_of, random_architecture, space_named
from hwnas.train import FinetuneSettings

X86 = load_device("x86-cpu")


@pytest.fixture
def workshop() -> Workshop:
    return Workshop(
        data=load_data("digits"),
        device=X86,
        engine=engine_for(X86),
        settings=FinetuneSettings(epochs=1),
        seed=0,
    )


@pytest.fixture
def float32(workshop: Workshop) -> onnx.ModelProto:
    data: DataSet = workshop.data
    space = space_named(
        "mobilenet",
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(0))).blocks
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    return to_onnx(network, input_shape(blocks, 1))


def calibrated_by(
    workshop: Workshop,
    float32: onnx.ModelProto,
    accuracies: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """The calibrations tried, the chosen one last; each model has the accuracy told."""
    tried: list[str] = []
    known: dict[int, str] = {id(float32): "float32"}

    def quantized(model: onnx.ModelProto, device: DeviceSpec, *_: object) -> Deployable:
        tried.append(device.recipe.calibration)
        found = Deployable(onnx.ModelProto(), ())
        known[id(found.model)] = device.recipe.calibration
        return found

    monkeypatch.setattr(finish, "deployable", quantized)
    monkeypatch.setattr(
        Workshop, "_validation_accuracy", lambda _, model: accuracies[known[id(model)]]
    )
    images = np.zeros((1, 1, 8, 8), np.float32)
    chosen, calibration = workshop._deployed(float32, images)
    assert known[id(chosen.model)] == calibration
    return [*tried, known[id(chosen.model)]]


def test_a_recipe_that_keeps_accuracy_is_kept(
    workshop: Workshop, float32: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = {"float32": 0.9, "minmax": 0.896, "percentile": 0.9, "entropy": 0.9}
    found = calibrated_by(workshop, float32, accuracies, monkeypatch)
    assert found == ["minmax", "minmax"]


def test_one_that_loses_it_is_replaced_by_the_best(
    workshop: Workshop, float32: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = {"float32": 0.9, "minmax": 0.88, "percentile": 0.898, "entropy": 0.89}
    found = calibrated_by(workshop, float32, accuracies, monkeypatch)
    assert sorted(found[:-1]) == ["entropy", "minmax", "percentile"]
    assert found[-1] == "percentile"


def test_of_equals_the_devices_own_is_taken(
    workshop: Workshop, float32: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    accuracies = {"float32": 0.9, "minmax": 0.88, "percentile": 0.88, "entropy": 0.88}
    assert calibrated_by(workshop, float32, accuracies, monkeypatch)[-1] == "minmax"


def test_accuracies_are_those_of_the_models_on_validation_images(
    workshop: Workshop, float32: onnx.ModelProto
) -> None:
    images = finish.calibration_images(workshop.data, X86)
    deployed, _ = workshop._deployed(float32, images)
    assert 0 <= workshop._validation_accuracy(deployed.model) <= 1
    unlabelled = replace(
        workshop.data,
        validation=replace(
            workshop.data.validation, labels=np.full_like(workshop.data.validation.labels, 0)
        ),
    )
    blind = replace(workshop, data=unlabelled)
    assert blind._validation_accuracy(float32) != workshop._validation_accuracy(float32)
