"""Engines by the name a device file gives."""

from collections.abc import Callable, Mapping

from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.measure.engine.protocol import Engine
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.record import unknown_name

ENGINES: Mapping[str, Callable[[], Engine]] = {
    "onnxruntime": OnnxRuntimeEngine,
    "simulated": SimulatedEngine,
}


def engine_named(name: str) -> Engine:
    """The engine a device file asks for.

    Raises:
        UnknownNameError: It is not in ``ENGINES``.
    """
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return ENGINES[name]()
