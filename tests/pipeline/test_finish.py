"""The last steps of a network: how int8 is judged."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.device import load_device
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.pipeline.finish import Workshop
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
