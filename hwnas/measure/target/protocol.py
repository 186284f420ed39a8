"""What a target does for an engine, wherever it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hwnas.device import DeviceSpec
from hwnas.measure.plan import MeasurePlan

Placement = Mapping[str, Mapping[str, int]]
"""By provider and kind of operator; what a provider compiles into one counts as one."""


class Opened(Protocol):
    """A model that ONNX Runtime has loaded on the target."""

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        """Name, shape and element type of each, as ONNX Runtime writes them."""
        ...

    def prepare(self) -> None:
        """Bind random input, so that every timed run does the same.

        Raises:
            MeasurementError: A shape is open, or an element type unknown.
        """
        ...

    def time_ms(self, plan: MeasurePlan) -> NDArray[np.float64]:
        """``(n_runs,)`` milliseconds of single runs after the warm-up.

        Raises:
            MeasurementError: The model or the target fails.
        """
        ...

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape.

        Raises:
            MeasurementError: The model or the target fails.
        """
        ...


class Target(Protocol):
    """A machine with ONNX Runtime.

    Every method raises MeasurementError where the machine or its ONNX Runtime cannot be used.
    """

    def onnxruntime_version(self) -> str:
        """Of the machine's."""
        ...

    def plugin_version(self, provider: str) -> str:
        """Of the package that brings an execution provider; empty if none does."""
        ...

    def machine_facts(self, threads: int) -> Mapping[str, Any]:
        """The fields of a ``Fingerprint``, without the engine's version."""
        ...

    def health(self) -> Mapping[str, Any]:
        """What changes from minute to minute, as ``agent.machine.health_facts`` names it.

        ``None`` where the system does not tell.
        """
        ...

    def others_load(self, cpus: Sequence[int]) -> float | None:
        """The share of these processors' time that others take; ``None`` if nobody tells."""
        ...

    def open(self, model: bytes, device: DeviceSpec) -> Opened:
        """Load a model with the device's settings."""
        ...

    def optimized(self, model: bytes, device: DeviceSpec) -> bytes:
        """The graph that ONNX Runtime makes of it, as a file."""
        ...

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """The most memory alive at once in one run, above what the loaded model holds.

        ``None`` where its ONNX Runtime does not tell.
        """
        ...

    def placement(self, model: bytes, device: DeviceSpec) -> Placement:
        """How many operators of each kind each execution provider runs."""
        ...

    def simulated_cycles(self, model: bytes, device: DeviceSpec, runs: int) -> Sequence[int]:
        """What single runs take on the Hexagon that the target simulates: ``runs``."""
        ...


def settings_of(device: DeviceSpec) -> dict[str, Any]:
    """What a session needs to know of the device."""
    return {
        "name": device.name,
        "threads": device.threads,
        "provider": device.provider,
        "provider_options": dict(device.provider_options),
        "fallback_providers": list(device.fallback_providers),
        "optimization_level": device.optimization_level,
    }
