"""What clocks made of arithmetic have in common: the same answer on every machine."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, Fingerprint, fingerprint
from hwnas.measure.engine.one_device import OneDevice
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.measure.engine.opened import OpenedRunner
from hwnas.measure.engine.protocol import Layout
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan, RoundsPlan
from hwnas.measure.target import Placement

Shapes = dict[str, tuple[int, ...]]


class FixedTimer:
    """Answers the same latency at every visit."""

    def __init__(self, latency_ms: float, provenance: Provenance) -> None:
        self._latency_ms = latency_ms
        self.provenance = provenance

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        """``(min_runs,)`` milliseconds, all equal."""
        return np.full(plan.min_runs, self._latency_ms)


class ArithmeticEngine(OneDevice, ABC):
    """Computes latencies, and leaves running a model to ONNX Runtime in this process."""

    provenance: Provenance

    def __init__(self) -> None:
        self._runtime = OnnxRuntimeEngine()

    @abstractmethod
    def version(self) -> str:
        """Name and version."""

    @abstractmethod
    def _latency_ms(self, model: bytes, device: DeviceSpec) -> float:
        """What the formula says of a model that ONNX Runtime loads."""

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """Of this machine."""
        return fingerprint(self.version(), device.threads)

    def health(self) -> Mapping[str, Any] | None:
        """Arithmetic is always well."""
        return None

    def layout(self, device: DeviceSpec) -> Layout:
        """ONNX Runtime's on a processor."""
        return self._runtime.layout(self._stand_in(device))

    def others_load(self, device: DeviceSpec) -> float | None:
        """Arithmetic is not disturbed."""
        del device
        return None

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Compute the latency of ``model``; the plan changes nothing."""
        del plan
        return summarize(np.array([self._checked_ms(model, device)]), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> FixedTimer:
        """Compute the latency of ``model`` once."""
        return FixedTimer(self._checked_ms(model, device), self.provenance)

    def load(self, model: bytes, device: DeviceSpec) -> OpenedRunner:
        """Make the model ready to answer."""
        return self._runtime.load(model, self._stand_in(device))

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """What ONNX Runtime allocates."""
        return self._runtime.allocated_bytes(model, self._stand_in(device))

    def placement(self, model: bytes, device: DeviceSpec) -> Placement | None:
        """No provider runs what is only computed."""
        del model, device
        return None

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph after ONNX Runtime's optimizations."""
        return self._runtime.optimized(model, self._stand_in(device))

    def _stand_in(self, device: DeviceSpec) -> DeviceSpec:
        """The device as which ONNX Runtime of this process runs the model."""
        return device

    def _checked_ms(self, model: bytes, device: DeviceSpec) -> float:
        self._runtime.timer(model, self._stand_in(device))  # refuses what a device would
        return self._latency_ms(model, device)


def graph_and_shapes(model: bytes) -> tuple[onnx.GraphProto, Shapes]:
    """The graph, and the shape of every tensor that is known, by name."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(model)).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        dims = value.type.tensor_type.shape.dim
        shapes[value.name] = tuple(dim.dim_value for dim in dims)
    return graph, shapes


def macs_of(node: onnx.NodeProto, shapes: Shapes) -> int:
    """Multiply-accumulates of a convolution or matrix product; 0 of another node."""
    if node.op_type not in PRODUCTS:
        return 0
    return prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])


PRODUCTS = ("Conv", "Gemm")
