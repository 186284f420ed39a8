"""Engines by the name a device file gives."""

from collections.abc import Callable, Mapping

from hwnas.device import DeviceSpec
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.measure.engine.protocol import Engine
from hwnas.measure.engine.roofline import RooflineEngine
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.measure.measurement import Provenance
from hwnas.measure.target import HERE, Target, target_for
from hwnas.record import unknown_name

ENGINES: Mapping[str, Callable[[Target, Provenance], Engine]] = {
    "onnxruntime": OnnxRuntimeEngine,
    "roofline": lambda _target, _provenance: RooflineEngine(),
    "simulated": lambda _target, _provenance: SimulatedEngine(),
}


def engine_for(device: DeviceSpec) -> Engine:
    """The engine a device file asks for, on the target it names.

    Raises:
        UnknownNameError: It is not in ``ENGINES``.
    """
    return engine_named(device.engine, target_for(device), Provenance(device.clock))


def engine_named(
    name: str, target: Target = HERE, provenance: Provenance = Provenance.MEASURED
) -> Engine:
    """An engine on a target, by default in this process.

    Raises:
        UnknownNameError: It is not in ``ENGINES``.
    """
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return ENGINES[name](target, provenance)
