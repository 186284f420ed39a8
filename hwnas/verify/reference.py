"""That a device computes what ONNX Runtime's kernels for this processor compute."""

from dataclasses import replace

import numpy as np
import onnx

from hwnas.agent.providers import PROCESSOR
from hwnas.device import LOCAL, DeviceSpec
from hwnas.measure.engine import Engine, Runner, engine_named

N_BATCHES = 8
LARGEST_DIFFERENCE = 0.1
"""Of the largest logit: int8 rounds anew at every operator, and engines round differently."""


def on_this_processor(model: bytes, device: DeviceSpec) -> Runner:
    """The model as ONNX Runtime of this process runs it, in the device's batch and precision.

    Raises:
        MeasurementError: It refuses the model.
    """
    here = replace(
        device,
        connection=LOCAL,
        machines=(),
        provider=PROCESSOR,
        provider_options={},
        fallback_providers=(),
    )
    return engine_named("onnxruntime").load(model, here)


def difference_from_processor(model: bytes, device: DeviceSpec, engine: Engine) -> float | None:
    """The largest difference of outputs on random images, as a share of the largest output.

    ``None`` for a model that reads anything but one float32 image.

    Raises:
        MeasurementError: The device, or this processor, refuses the model.
    """
    inputs = onnx.load_model_from_string(model).graph.input
    elements = [entry.type.tensor_type.elem_type for entry in inputs]
    if elements != [onnx.TensorProto.FLOAT]:
        return None
    there, reference = engine.load(model, device), on_this_processor(model, device)
    images = np.random.default_rng(0).standard_normal((N_BATCHES, *reference.input_shape))
    batches = [image.astype(np.float32) for image in images]
    expected = np.stack([reference(batch) for batch in batches]).astype(np.float32)
    found = np.stack([there(batch) for batch in batches]).astype(np.float32)
    return float(np.abs(found - expected).max() / max(1e-9, np.abs(expected).max()))
