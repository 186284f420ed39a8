"""A clock made of arithmetic: the same answer on every machine, for tests of everything else."""

from math import prod

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, Fingerprint, fingerprint
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine, OnnxRuntimeRunner
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan, RoundsPlan

NODE_MS = 0.002
CALL_MS = 0.004


class SimulatedTimer:
    """Answers the same latency at every visit."""

    provenance = Provenance.SIMULATED

    def __init__(self, latency_ms: float) -> None:
        self._latency_ms = latency_ms

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        """``(min_runs,)`` milliseconds, all equal."""
        return np.full(plan.min_runs, self._latency_ms)


class SimulatedEngine:
    """Latency = call + nodes + multiply-accumulates over the device's nominal peak.

    Its numbers are labelled ``simulated`` and say nothing about a device. Running a model is
    left to ONNX Runtime.
    """

    provenance = Provenance.SIMULATED

    def __init__(self) -> None:
        self._runtime = OnnxRuntimeEngine()

    def version(self) -> str:
        """Name and version."""
        return "simulated 1"

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """Of this machine."""
        return fingerprint(self.version(), device.threads)

    def others_load(self, device: DeviceSpec) -> float | None:
        """Arithmetic is not disturbed."""
        del device
        return None

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Compute the latency of ``model``; the plan changes nothing."""
        return summarize(np.array([self._latency_ms(model, device)]), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> SimulatedTimer:
        """Compute the latency of ``model`` once."""
        return SimulatedTimer(self._latency_ms(model, device))

    def load(self, model: bytes, device: DeviceSpec) -> OnnxRuntimeRunner:
        """Make the model ready to answer."""
        return self._runtime.load(model, device)

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """What ONNX Runtime allocates."""
        return self._runtime.allocated_bytes(model, device)

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph after ONNX Runtime's optimizations."""
        return self._runtime.optimized(model, device)

    def _latency_ms(self, model: bytes, device: DeviceSpec) -> float:
        self._runtime.timer(model, device)  # refuses what a device would
        graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(model)).graph
        shapes = _shapes(graph)
        peak = device.peak.int8_macs_per_s
        if device.precision == "float32":
            peak = device.peak.float32_macs_per_s
        products = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
        macs = sum(
            prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:]) for node in products
        )
        return CALL_MS + NODE_MS * len(products) + 1e3 * macs / peak


def _shapes(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        dims = value.type.tensor_type.shape.dim
        shapes[value.name] = tuple(dim.dim_value for dim in dims)
    return shapes
