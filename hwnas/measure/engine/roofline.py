"""An estimate for a device that nobody can reach: the roofline (Williams et al. 2009).

Each kernel takes its start, and then as long as its multiply-accumulates at the device's peak or
its bytes at the device's bandwidth, whichever is longer. What a device really reaches of its data
sheet is another matter, so the label is ``estimated``.
"""

from dataclasses import replace
from math import prod

import onnx

from hwnas.agent.providers import PROCESSOR
from hwnas.device import FLOAT_BYTES, DeviceSpec
from hwnas.measure.engine.arithmetic import ArithmeticEngine, Shapes, graph_and_shapes, macs_of
from hwnas.measure.measurement import Provenance

FUSED = (
    *("QuantizeLinear", "DequantizeLinear", "Identity", "Constant", "Flatten", "Reshape"),
    "Transpose",  # of a block's borders; a network has none
    *("Relu", "Clip", "HardSwish", "BatchNormalization"),
)
"""Operators that run within the kernel before them, or cost nothing."""


class RooflineEngine(ArithmeticEngine):
    """Latency = sum over kernels of ``kernel_s + max(macs / peak, bytes / bandwidth)``."""

    provenance = Provenance.ESTIMATED

    def version(self) -> str:
        """Name and version."""
        return "roofline 1"

    def _stand_in(self, device: DeviceSpec) -> DeviceSpec:
        return replace(
            device,
            provider=PROCESSOR,
            provider_options={},
            fallback_providers=(),
            machines=(),
        )

    def _latency_ms(self, model: bytes, device: DeviceSpec) -> float:
        graph, shapes = graph_and_shapes(model)
        kernels = [node for node in graph.node if node.op_type not in FUSED]
        seconds = sum(_seconds(node, shapes, device) for node in kernels)
        return 1e3 * (device.peak.kernel_s + seconds)  # the call itself is one start more


def _seconds(node: onnx.NodeProto, shapes: Shapes, device: DeviceSpec) -> float:
    element_bytes = FLOAT_BYTES.get(device.precision, 1)
    moved = sum(prod(shapes.get(name, ())) for name in (*node.input, *node.output) if name)
    computing = macs_of(node, shapes) / device.peak.macs_per_s(device)
    moving = element_bytes * moved / device.peak.bytes_per_s
    return device.peak.kernel_s + max(computing, moving)
