"""A float model in the precision of a device, audited: the form that is timed and ships."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.measure.engine import Engine, Layout
from hwnas.quantize.audit import check_integer, float_operators
from hwnas.quantize.borders import channels_last, integer_input, integer_output
from hwnas.quantize.quantize import input_channels, quantize


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
        QuantizeError: A convolution or matrix product would run in float, by an engine that has
            integer ones.
    """
    if device.precision != "int8":
        return Deployable(_of_floats(model, device, (True, True)), ())
    quantized = quantize(model, device.recipe, images)
    optimized = engine.optimized(quantized.SerializeToString(), device)
    if not engine.has_integer_kernels:
        left = float_operators(optimized)
        return Deployable(quantized, tuple(f"{kind} {name}".strip() for kind, name in left))
    return Deployable(quantized, tuple(check_integer(optimized, len(device.recipe.float_layers))))


def deployable_blocks(
    model: onnx.ModelProto,
    blocks: Sequence[BlockSpec],
    device: DeviceSpec,
    engine: Engine,
) -> Deployable:
    """Some blocks as in the network: integers in and out where int8, in the engine's layout.

    Calibrated on random feature maps: latency does not depend on the values.
    """
    ends = blocks[0].reads_image, blocks[-1].gives_logits
    if device.precision != "int8":
        return Deployable(_of_floats(model, device, ends), ())
    dims = model.graph.input[0].type.tensor_type.shape.dim
    batch, _, *size = (dim.dim_value for dim in dims)
    widest = max(input_channels(model).values())
    images = np.random.default_rng(0).standard_normal((2 * batch, widest, *size))
    ready = deployable(model, device, engine, images.astype(np.float32))
    inputs, output = (not is_end for is_end in ends)
    if inputs:
        integer_input(ready.model, device.recipe)
    if output:
        integer_output(ready.model, device.recipe)
    layout = engine.layout(device)
    if layout is not Layout.CHANNELS_FIRST:
        channels_last(
            ready.model,
            inputs=inputs,
            output=output,
            on_processor=layout is Layout.PROCESSOR,
        )
    onnx.checker.check_model(ready.model)
    return ready


def _of_floats(
    model: onnx.ModelProto, device: DeviceSpec, ends: tuple[bool, bool]
) -> onnx.ModelProto:
    """In float16, image and logits stay float32: ``ends`` tells whether these are there."""
    if device.precision == "float32":
        return model
    names = [entry.name for entry in model.graph.input] if ends[0] else []
    names += [entry.name for entry in model.graph.output] if ends[1] else []
    halved = onnx.ModelProto()
    halved.CopyFrom(model)  # the converter changes what it is given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights below what float16 can tell from zero
        converted = OnnxModel(convert_float_to_float16(halved, keep_io_types=names))
    converted.topological_sort()  # casts of the ends were put last
    model = converted.model
    onnx.checker.check_model(model)
    return model
