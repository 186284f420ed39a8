"""What every ONNX Runtime session of hwnas has in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnxruntime

from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError

LEVELS = {
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "disabled": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
ELEMENT_TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8}
ERRORS_ONLY = 3


def session_options(device: DeviceSpec) -> Any:  # noqa: ANN401
    """The device's threads and optimizations, one operator after another."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = device.threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = LEVELS[device.optimization_level]
    options.log_severity_level = ERRORS_ONLY
    return options


@contextmanager
def refused(what: str, advice: str) -> Iterator[None]:
    """Whatever ONNX Runtime raises, as ours; its exceptions have no base class but ``Exception``.

    Raises:
        MeasurementError: Always in place of another error.
    """
    try:
        yield
    except Exception as error:
        raise MeasurementError(f"{what}: {_first_line(error)}. {advice}.") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
