"""ONNX Runtime on a target: in this process, or at the end of a command."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, Fingerprint
from hwnas.errors import MeasurementError
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan, RoundsPlan
from hwnas.measure.target import HERE, Opened, Target


class OnnxRuntimeRunner:
    """A model that answers one batch at a time."""

    def __init__(self, opened: Opened) -> None:
        if len(opened.inputs) != 1:
            raise MeasurementError(
                f"The model has {len(opened.inputs)} inputs. Give one that reads an image."
            )
        self._opened = opened

    @property
    def input_shape(self) -> tuple[int, ...]:
        """``(batch, channels, height, width)``."""
        return tuple(self._opened.inputs[0]["shape"])

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape."""
        return self._opened.run(batch)


class OnnxRuntimeTimer:
    """A model with input and output bound, on processors of its own while it is timed."""

    def __init__(self, opened: Opened, provenance: Provenance) -> None:
        opened.prepare()
        self._opened = opened
        self.provenance = provenance

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        """Warm up, then time single runs: ``(n_runs,)`` milliseconds."""
        return self.time(
            MeasurePlan(
                warmup_runs=plan.warmup_runs,
                warmup_s=plan.warmup_s,
                min_runs=plan.min_runs,
                min_s=plan.visit_s,
            )
        )

    def time(self, plan: MeasurePlan) -> NDArray[np.float64]:
        """``(n_runs,)`` milliseconds of single runs after the warm-up."""
        return self._opened.time_ms(plan)


class OnnxRuntimeEngine:
    """Times with input and output bound, threads pinned, garbage collection off."""

    def __init__(
        self, target: Target = HERE, provenance: Provenance = Provenance.MEASURED
    ) -> None:
        self._target = target
        self.provenance = provenance

    def version(self) -> str:
        """Name and version."""
        return f"onnxruntime {self._target.onnxruntime_version()}"

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """Of the target's machine."""
        facts = self._target.machine_facts(device.threads)
        if device.machines and facts["machine"] not in device.machines:
            raise MeasurementError(
                f"Device {device.name!r} is of {' or '.join(device.machines)}, and what "
                f"connection {device.connection!r} reaches is {facts['machine']}. Reach the "
                "device, as with: --connection 'ssh pi@board python3'"
            )
        return Fingerprint.of(facts, self.version())

    def others_load(self, device: DeviceSpec) -> float | None:
        """What others take of the processors that are measured on."""
        return self._target.others_load(self.fingerprint(device).affinity)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time ``model`` on random input, one timed run after another."""
        return summarize(self.timer(model, device).time(plan), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> OnnxRuntimeTimer:
        """Load the model to be timed again and again."""
        return OnnxRuntimeTimer(self._opened(model, device), self.provenance)

    def load(self, model: bytes, device: DeviceSpec) -> OnnxRuntimeRunner:
        """Make the model ready to answer."""
        return OnnxRuntimeRunner(self._opened(model, device))

    def _opened(self, model: bytes, device: DeviceSpec) -> Opened:
        if device.machines:
            self.fingerprint(device)
        return self._target.open(model, device)

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """The peak of one run, as the engine's own profile tells it."""
        return self._target.allocated_bytes(model, device)

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph after ONNX Runtime's optimizations."""
        return onnx.load_model_from_string(self._target.optimized(model, device))
