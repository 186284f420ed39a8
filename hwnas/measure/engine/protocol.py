"""What an engine must do with an ONNX model."""

from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, Fingerprint
from hwnas.measure.measurement import Measurement, Provenance
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.rounds import Timer


class Runner(Protocol):
    """A loaded model."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """``(batch, channels, height, width)``."""
        ...

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape."""
        ...


class Engine(Protocol):
    """Runs ONNX models, given as bytes, on a device and times them."""

    @property
    def provenance(self) -> Provenance:
        """What its latencies are."""
        ...

    def version(self) -> str:
        """Name and version, part of a table's fingerprint."""
        ...

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """The machine that the device is measured on.

        Raises:
            MeasurementError: It is out of reach, or none of the device's ``machines``.
        """
        ...

    def others_load(self, device: DeviceSpec) -> float | None:
        """The share of the measured processors' time, 0 to 1, that others take right now.

        ``None`` if nobody tells.
        """
        ...

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time ``model`` on random input.

        Raises:
            MeasurementError: The device refuses it.
        """
        ...

    def timer(self, model: bytes, device: DeviceSpec) -> Timer:
        """Load ``model`` to be timed on random input again and again.

        Raises:
            MeasurementError: The device refuses it.
        """
        ...

    def load(self, model: bytes, device: DeviceSpec) -> Runner:
        """Make the model ready to answer.

        Raises:
            MeasurementError: The device refuses it.
        """
        ...

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """The most memory alive at once in one run, above what the loaded model holds.

        ``None`` where the engine does not tell.

        Raises:
            MeasurementError: The device refuses it.
        """
        ...

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph the engine really runs, after its own optimizations.

        Raises:
            MeasurementError: The device refuses it.
        """
        ...
