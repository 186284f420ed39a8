"""A float model in the precision of a device, audited: the form that is timed and ships."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.measure.engine import Engine
from hwnas.quantize.audit import check_integer
from hwnas.quantize.borders import channels_last, integer_input, integer_output
from hwnas.quantize.quantize import quantize


@dataclass(frozen=True)
class Deployable:
    """A model ready for the device, and the light operators it leaves in float."""

    model: onnx.ModelProto
    left_in_float: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return bytes(self.model.SerializeToString())


def deployable(
    model: onnx.ModelProto, device: DeviceSpec, engine: Engine, images: NDArray[np.float32]
) -> Deployable:
    """The model in the device's precision.

    Args:
        model: Float, with image in and logits out.
        device: Its precision and recipe.
        engine: Tells what it makes of the graph.
        images: ``(n, channels, height, width)`` preprocessed, for calibration.

    Raises:
        QuantizeError: A convolution or matrix product would run in float.
    """
    if device.precision == "float32":
        return Deployable(model, ())
    quantized = quantize(model, device.recipe, images)
    optimized = engine.optimized(quantized.SerializeToString(), device)
    return Deployable(quantized, tuple(check_integer(optimized)))


def deployable_blocks(
    model: onnx.ModelProto,
    blocks: Sequence[BlockSpec],
    device: DeviceSpec,
    engine: Engine,
) -> Deployable:
    """Some blocks as they stand in the network: where int8, integers in and out, channels last.

    Calibrated on random feature maps: latency does not depend on the values.
    """
    dims = model.graph.input[0].type.tensor_type.shape.dim
    shape = tuple(dim.dim_value for dim in dims)
    images = np.random.default_rng(0).standard_normal((2 * shape[0], *shape[1:]))
    ready = deployable(model, device, engine, images.astype(np.float32))
    if device.precision == "int8":
        inputs, output = not blocks[0].reads_image, not blocks[-1].gives_logits
        if inputs:
            integer_input(ready.model, device.recipe)
        if output:
            integer_output(ready.model, device.recipe)
        channels_last(ready.model, inputs=inputs, output=output)
        onnx.checker.check_model(ready.model)
    return ready
