"""What an engine must do with an ONNX model."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, Fingerprint
from hwnas.measure.measurement import Measurement, Provenance
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.rounds import Timer
from hwnas.measure.target import Placement


class Layout(StrEnum):
    """How an engine keeps the integer feature maps between a network's blocks."""

    CHANNELS_FIRST = "channels first"
    CHANNELS_LAST = "channels last"
    PROCESSOR = "channels last, pooled by operators of ONNX Runtime's processor kernels"


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

    def lanes(self, device: DeviceSpec) -> Sequence["Engine"]:
        """Engines of equal devices that may measure side by side; itself alone where there is one.

        Raises:
            MeasurementError: None is in reach.
        """
        ...

    def health(self) -> Mapping[str, Any] | None:
        """Of the machine, as ``agent.machine.health_facts`` names it; ``None`` if nobody tells."""
        ...

    @property
    def has_integer_kernels(self) -> bool:
        """Whether a quantized convolution or matrix product can run in integers."""
        ...

    def prepare(
        self, models: Sequence[bytes], device: DeviceSpec, told: Callable[[int, str], None]
    ) -> None:
        """Do what takes long and is kept, such as tuning, before any of the models is loaded.

        ``told`` how many are done, and what went wrong with the last, a sentence or nothing.
        """
        ...

    def layout(self, device: DeviceSpec) -> Layout:
        """Of int8 feature maps."""
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

    def placement(self, model: bytes, device: DeviceSpec) -> Placement | None:
        """How many operators of each kind each execution provider runs.

        ``None`` where the engine has none.

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
