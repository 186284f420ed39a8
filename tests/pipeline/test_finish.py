"""The last steps of a network: how int8 is judged."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from hwnas.data import DataSet, LabelledImages, load_data
from hwnas.device import load_device
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.pipeline.finish import Workshop
from hwnas.space import Network, blocks_of, random_architecture, space_named
from hwnas.train import FinetuneSettings
from hwnas.verify import on_this_processor

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
def blocks(workshop: Workshop) -> Network:
    data: DataSet = workshop.data
    space = space_named(
        "mobilenet",
        input_size=data.input_size,
        in_channels=data.in_channels,
        n_classes=data.n_classes,
    )
    return blocks_of(space, random_architecture(space, np.random.default_rng(0)))


@pytest.fixture
def network(blocks: Network) -> nn.Module:
    made = build(blocks)
    randomize_statistics(made, torch.Generator().manual_seed(0))
    return made


@pytest.fixture
def float32(network: nn.Module, blocks: Network) -> onnx.ModelProto:
    return to_onnx(network, input_shape(blocks, 1))


def test_accuracies_are_those_of_the_models_on_validation_images(
    workshop: Workshop, float32: onnx.ModelProto
) -> None:
    assert 0 <= workshop._validation_accuracy(float32) <= 1
    labels = np.zeros_like(workshop.data.validation.labels)
    blind = replace(
        workshop,
        data=replace(workshop.data, validation=replace(workshop.data.validation, labels=labels)),
    )
    assert blind._validation_accuracy(float32) != workshop._validation_accuracy(float32)


def test_logits_are_of_whole_batches(workshop: Workshop, float32: onnx.ModelProto) -> None:
    assert workshop._logits(float32).shape == (64, 10)


def test_what_int8_gets_wrong_is_brought_back_layer_by_layer(
    workshop: Workshop, network: nn.Module, blocks: Network, tmp_path: Path
) -> None:
    """The labels are the float network's own answers: it is always right, rough int8 is not.

    One channel is so large that a scale for all of them leaves nothing of the others.
    """
    longer = replace(workshop, settings=FinetuneSettings(epochs=3))
    trained = longer.train(network, tmp_path / "trained.pt", lambda *_: None)
    _enlarge_a_channel(trained, 40.0)
    float32 = to_onnx(trained, input_shape(blocks, 1))
    images = workshop.data.validation.images
    runner = on_this_processor(float32.SerializeToString(), X86)
    answers = [runner(workshop.preprocessing(image[None])).argmax() for image in images]
    own = LabelledImages(images=images, labels=np.array(answers, dtype=np.int64))
    rough = replace(X86, recipe=replace(X86.recipe, per_channel=False, n_calibration_images=8))
    data = replace(workshop.data, validation=own)
    strict = replace(workshop, device=rough, data=data, max_int8_drop=5.0)
    finished = strict.deploy(trained, input_shape(blocks, 1), tmp_path / "rounded.pt")
    made = [step.made for step in finished.int8_steps]
    assert made[:2] == ["calibrated", "trained on with rounded layers"]
    assert finished.int8_steps[0].lost > 0.05 >= finished.int8_steps[-1].lost
    assert len(finished.recipe.float_layers) == int(made[-1].split()[0])
    assert finished.sensitivities[0].layer == finished.recipe.float_layers[0]


@torch.no_grad()
def _enlarge_a_channel(network: nn.Module, by: float) -> None:
    """Of the last three blocks' sum, which those who read it take back: answers stay the same."""
    *_, first, second, third, head = cast(Any, list(network.children()))
    for block in (first, second, third):
        norm = block.project[1]
        norm.weight[0] *= by
        norm.bias[0] *= by
    for reader in (second.expand[0], third.expand[0], head.conv):
        reader.weight[:, 0] /= by


def test_sensitivities_are_told_where_a_loss_is_allowed(
    workshop: Workshop, network: nn.Module, blocks: Network, tmp_path: Path
) -> None:
    allowing = replace(workshop, max_int8_drop=100.0)
    finished = allowing.deploy(network.eval(), input_shape(blocks, 1), tmp_path / "rounded.pt")
    assert not finished.int8_steps and not finished.recipe.float_layers
    noises = [one.noise for one in finished.sensitivities]
    assert len(noises) > 3 and noises == sorted(noises, reverse=True)
    assert (
        workshop.deploy(network, input_shape(blocks, 1), tmp_path / "rounded.pt").sensitivities
        == ()
    )
