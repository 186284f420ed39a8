"""How much each layer's rounding disturbs what a network answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import Recipe
from hwnas.quantize.audit import HEAVY
from hwnas.quantize.quantize import quantize

Answer = Callable[[onnx.ModelProto], NDArray[np.float32]]
"""A model to its logits ``(n, n_classes)`` of some images."""


@dataclass(frozen=True, kw_only=True)
class LayerSensitivity:
    """A convolution or matrix product, and what its rounding alone does to the logits.

    ``noise`` is the mean square error of the logits by their variance.
    """

    layer: str
    noise: float


def layer_sensitivities(
    model: onnx.ModelProto, recipe: Recipe, images: NDArray[np.float32], answer: Answer
) -> list[LayerSensitivity]:
    """Quantize one layer after the other, each alone, most sensitive first.

    Args:
        model: Float.
        recipe: How layers are quantized.
        images: ``(n, channels, height, width)`` preprocessed, for calibration.
        answer: What a model makes of some images.
    """
    layers = heavy_layers(model)
    exact = answer(model)
    found = []
    for layer in layers:
        others = tuple(other for other in layers if other != layer)
        rounded = quantize(model, replace(recipe, float_layers=others), images)
        noise = float(np.square(answer(rounded) - exact).mean() / max(exact.var(), 1e-12))
        found.append(LayerSensitivity(layer=layer, noise=noise))
    return sorted(found, key=lambda one: -one.noise)


def heavy_layers(model: onnx.ModelProto) -> list[str]:
    """Names of a model's convolutions and matrix products, in their order."""
    return [node.name for node in model.graph.node if node.op_type in HEAVY]
