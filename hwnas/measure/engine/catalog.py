"""Engines by the name a device file gives."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from hwnas.device import DeviceSpec, Peak
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.measure.engine.protocol import Engine
from hwnas.measure.engine.qnn import QnnEngine
from hwnas.measure.engine.roofline import RooflineEngine
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.measure.engine.tvm import TvmEngine
from hwnas.measure.measurement import Provenance
from hwnas.measure.target import target_for
from hwnas.record import unknown_name

ENGINES: Mapping[str, Callable[[DeviceSpec], Engine]] = {
    "onnxruntime": lambda device: OnnxRuntimeEngine(target_for(device), Provenance(device.clock)),
    "onnxruntime-qnn": lambda device: QnnEngine(target_for(device), Provenance(device.clock)),
    "tvm": TvmEngine,
    "roofline": lambda _device: RooflineEngine(),
    "simulated": lambda _device: SimulatedEngine(),
}
HERE = DeviceSpec(
    name="here",
    engine="onnxruntime",
    peak=Peak(float32_macs_per_s=1.0, int8_macs_per_s=1.0, bytes_per_s=1.0),
)
"""This process, to run models in; nothing is estimated with its peaks."""


def engine_for(device: DeviceSpec) -> Engine:
    """The engine a device file asks for, where its connection leads.

    Raises:
        UnknownNameError: It is not in ``ENGINES``.
        InvalidInputError: The engine cannot use the connection.
    """
    if device.engine not in ENGINES:
        raise unknown_name("engine", device.engine, ENGINES)
    return ENGINES[device.engine](device)


def engine_named(name: str) -> Engine:
    """An engine in this process.

    Raises:
        UnknownNameError: It is not in ``ENGINES``.
    """
    return engine_for(replace(HERE, engine=name))
