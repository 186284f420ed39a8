"""A clock made of arithmetic, for tests of everything but speed."""

from hwnas.device import DeviceSpec
from hwnas.measure.engine.arithmetic import (
    PRODUCTS,
    ArithmeticEngine,
    graph_and_shapes,
    macs_of,
)
from hwnas.measure.measurement import Provenance

NODE_MS = 0.002
CALL_MS = 0.004


class SimulatedEngine(ArithmeticEngine):
    """Latency = call + nodes + multiply-accumulates over the device's nominal peak.

    Its numbers are labelled ``simulated`` and say nothing about a device.
    """

    provenance = Provenance.SIMULATED

    def version(self) -> str:
        """Name and version."""
        return "simulated 1"

    def _latency_ms(self, model: bytes, device: DeviceSpec) -> float:
        graph, shapes = graph_and_shapes(model)
        products = [node for node in graph.node if node.op_type in PRODUCTS]
        macs = sum(macs_of(node, shapes) for node in products)
        return CALL_MS + NODE_MS * len(products) + 1e3 * macs / device.peak.macs_per_s(device)
