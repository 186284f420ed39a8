"""Qualcomm's Hexagon DSP through ONNX Runtime's QNN provider: measured on it, simulated on x86.

The package for x86 brings the DSP's compiler and a simulator. Whether an operator runs on the DSP,
and what it computes, are there as on the chip; its cycles are the simulator's own.
"""

import numpy as np

from hwnas.agent.providers import QNN, X86
from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError
from hwnas.measure.engine.arithmetic import FixedTimer
from hwnas.measure.engine.onnx_runtime import OnnxRuntimeEngine
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.rounds import Timer
from hwnas.measure.target import Opened

SIMULATED_RUNS = 5
SIMULATED_HZ = 1e9
"""A million simulated cycles are told as one millisecond."""


class QnnEngine(OnnxRuntimeEngine):
    """ONNX Runtime whose provider must be QNN's."""

    @property
    def provenance(self) -> Provenance:
        """Simulated where the target is no Snapdragon."""
        return Provenance.SIMULATED if self._is_simulated else self._clock

    def version(self) -> str:
        """Name and version of the provider's package and of ONNX Runtime."""
        version = self._target.plugin_version(QNN)
        if not version:
            raise MeasurementError(
                "The QNN provider is not installed where the model is to run. Install it there "
                "with: python3 -m pip install 'hwnas[qnn]', or onnxruntime-qnn alone on a board."
            )
        return f"onnxruntime-qnn {version}, {super().version()}"

    def others_load(self, device: DeviceSpec) -> float | None:
        """A simulation is not disturbed."""
        return None if self._is_simulated else super().others_load(device)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time or simulate ``model`` on random input."""
        if not self._is_simulated:
            return super().measure(model, device, plan)
        return summarize(np.array([self._simulated_ms(model, device)]), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> Timer:
        """On the simulator, the same answer at every visit."""
        if not self._is_simulated:
            return super().timer(model, device)
        return FixedTimer(self._simulated_ms(model, device), self.provenance)

    @property
    def _is_simulated(self) -> bool:
        return self._target.machine_facts(1)["machine"] in X86

    def _simulated_ms(self, model: bytes, device: DeviceSpec) -> float:
        """The least of a few runs: cycles grow while other work disturbs the simulator."""
        self._check(device)
        cycles = self._target.simulated_cycles(model, device, SIMULATED_RUNS)
        return min(cycles) / SIMULATED_HZ * 1e3

    def _opened(self, model: bytes, device: DeviceSpec) -> Opened:
        self._check(device)
        return super()._opened(model, device)

    def _check(self, device: DeviceSpec) -> None:
        if device.provider != QNN:
            raise MeasurementError(
                f"Engine onnxruntime-qnn runs provider {QNN}, and {device.name!r} asks for "
                f"{device.provider}. Name another device, as with: --device hexagon-dsp"
            )
        self.version()
