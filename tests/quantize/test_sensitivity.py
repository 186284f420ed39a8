"""Which layers int8 harms most, and leaving those in float."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from hwnas.device import load_device
from hwnas.errors import QuantizeError
from hwnas.export import to_onnx
from hwnas.measure.engine import engine_for
from hwnas.quantize import check_integer, deployable, layer_sensitivities
from hwnas.quantize.audit import HEAVY
from hwnas.quantize.sensitivity import heavy_layers

X86 = load_device("x86-cpu")
ENGINE = engine_for(X86)
IMAGES = np.random.default_rng(0).standard_normal((16, 3, 8, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    """Three layers; in the last, what two inputs give nearly cancels, but for their rounding."""
    torch.manual_seed(0)
    last = nn.Linear(16 * 16, 10)
    with torch.no_grad():
        last.weight[:, ::2], last.weight[:, 1::2] = 20.0, -20.0
    network = nn.Sequential(
        nn.Conv2d(3, 16, 3),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3),
        nn.ReLU(),
        nn.Flatten(),
        last,
    )
    return to_onnx(network.eval(), (1, 3, 8, 8))


def answer(model: onnx.ModelProto) -> NDArray[np.float32]:
    runner = ENGINE.load(model.SerializeToString(), X86)
    return np.concatenate([runner(image[None]) for image in IMAGES])


def error_with(model: onnx.ModelProto, *float_layers: str) -> float:
    """Of the logits, where some layers stay in float."""
    recipe = replace(X86.recipe, float_layers=float_layers)
    mixed = deployable(model, replace(X86, recipe=recipe), ENGINE, IMAGES)
    return float(np.square(answer(mixed.model) - answer(model)).mean())


def test_every_layer_is_told_and_most_is_gained_by_the_first(model: onnx.ModelProto) -> None:
    found = layer_sensitivities(model, X86.recipe, IMAGES, answer)
    layers = [one.layer for one in found]
    assert sorted(layers) == sorted(heavy_layers(model)) and len(layers) == 3
    assert found[0].noise > found[-1].noise > 0
    assert error_with(model, layers[0]) < error_with(model, layers[-1]) < error_with(model)


def test_all_layers_in_float_lose_next_to_nothing(model: onnx.ModelProto) -> None:
    assert error_with(model, *heavy_layers(model)) < error_with(model) / 2


def test_a_layer_kept_in_float_is_so_when_the_engine_runs_it(model: onnx.ModelProto) -> None:
    for layer in heavy_layers(model):
        recipe = replace(X86.recipe, float_layers=(layer,))
        mixed = deployable(model, replace(X86, recipe=recipe), ENGINE, IMAGES)
        heavy = [name for name in mixed.left_in_float if name.split()[0] in HEAVY]
        assert len(heavy) == 1


def test_a_layer_in_float_that_nobody_asked_for_is_refused(model: onnx.ModelProto) -> None:
    recipe = replace(X86.recipe, float_layers=tuple(heavy_layers(model)))
    quantized = deployable(model, replace(X86, recipe=recipe), ENGINE, IMAGES)
    with pytest.raises(QuantizeError, match="would run in float"):
        check_integer(ENGINE.optimized(quantized.content, X86), 2)
