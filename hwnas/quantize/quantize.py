"""Float ONNX becomes int8 QDQ ONNX by a device's recipe."""

import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from hwnas.device import Recipe
from hwnas.errors import QuantizeError
from hwnas.quantize.calibrate import ImageReader
from hwnas.quantize.keep_float import keep_in_float

TYPES = {"uint8": QuantType.QUInt8, "int8": QuantType.QInt8, "uint16": QuantType.QUInt16}
METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}


def input_channels(model: onnx.ModelProto) -> dict[str, int]:
    """Of each input of a fixed shape, by name."""
    return {
        entry.name: entry.type.tensor_type.shape.dim[1].dim_value for entry in model.graph.input
    }


def quantize(
    model: onnx.ModelProto, recipe: Recipe, images: NDArray[np.float32]
) -> onnx.ModelProto:
    """Insert QuantizeLinear and DequantizeLinear around every operator, ranges from ``images``.

    Args:
        model: A float model with inputs of one fixed shape ``(batch, …)``.
        recipe: Types and ranges.
        images: ``(n, channels, height, width)``, preprocessed, ``n`` at least the batch.

    Raises:
        QuantizeError: Too few or non-finite images, or ONNX Runtime's quantizer fails.
    """
    batch = model.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    if len(images) < batch:
        raise QuantizeError(
            f"{len(images)} calibration images do not fill one batch of {batch}. "
            "Give more training images."
        )
    if not np.isfinite(images).all():
        raise QuantizeError("A calibration image holds NaN or infinity. Look for blank images.")
    reader = ImageReader(input_channels(model), images, batch)
    scratch = onnx.ModelProto()
    scratch.CopyFrom(model)  # the quantizer moves its input's weights to a file
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "int8.onnx"
        try:
            quantize_static(
                scratch,
                path,
                reader,
                quant_format=QuantFormat.QDQ,
                activation_type=TYPES[recipe.activations],
                weight_type=TYPES[recipe.weights],
                per_channel=recipe.per_channel,
                calibrate_method=METHODS[recipe.calibration],
                nodes_to_exclude=list(recipe.float_layers),
                extra_options={
                    "ForceQuantizeNoInputCheck": True,
                    "CalibPercentile": recipe.percentile,
                    "CalibStridedMinMax": reader.stride,
                },
            )
        except (ValueError, RuntimeError, TypeError) as error:
            raise QuantizeError(
                f"ONNX Runtime's quantizer failed: {error}. Try --calibration minmax."
            ) from error
        quantized = onnx.load(path)
    keep_in_float(quantized, recipe.float_layers)
    return quantized


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantizer advises through the root logger, and prints what it calibrates."""
    root = logging.getLogger()
    was_disabled = root.disabled
    root.disabled = True
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        root.disabled = was_disabled
