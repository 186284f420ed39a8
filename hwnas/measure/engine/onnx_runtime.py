"""ONNX Runtime on a target: in this process, or at the end of a command."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import onnx

from hwnas.agent.providers import GIVES_A_GRAPH, PROCESSOR, QNN, X86
from hwnas.device import DeviceSpec, Fingerprint, check_machine
from hwnas.errors import MeasurementError
from hwnas.measure.engine.one_device import OneDevice
from hwnas.measure.engine.opened import OpenedRunner, OpenedTimer
from hwnas.measure.engine.protocol import Layout
from hwnas.measure.engine.units import integer_units, read_model
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.rounds import Timer
from hwnas.measure.target import HERE, Opened, Placement, Target, further_targets


class OnnxRuntimeEngine(OneDevice):
    """Times with input and output bound, threads pinned, garbage collection off."""

    def __init__(
        self,
        target: Target = HERE,
        provenance: Provenance = Provenance.MEASURED,
        alike: Fingerprint | None = None,
    ) -> None:
        """``alike`` is what the machine is to be, where it measures for another one's table."""
        self._target = target
        self._clock = provenance
        self._alike = alike

    @property
    def provenance(self) -> Provenance:
        """What its latencies are."""
        return self._clock

    def version(self) -> str:
        """Name and version."""
        return f"onnxruntime {self._target.onnxruntime_version()}"

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """Of the target's machine."""
        facts = self._target.machine_facts(device.threads)
        check_machine(facts["machine"], device)
        found = Fingerprint.of(facts, self.version())
        different = "" if self._alike is None else self._alike.difference(found)
        if different:
            raise MeasurementError(
                f"One of the machines that measure {device.name!r} is unlike the others: "
                f"{different}. Give its device a file and a name of its own."
            )
        return found

    def lanes(self, device: DeviceSpec) -> Sequence[Self]:
        """One for each such device of a cluster."""
        further = further_targets(device)
        machine = self.fingerprint(device) if further else None
        return (self, *(type(self)(target, self._clock, machine) for target in further))

    def health(self) -> Mapping[str, Any] | None:
        """The target's."""
        return self._target.health()

    def layout(self, device: DeviceSpec) -> Layout:
        """All providers of integers like channels last."""
        is_processor = device.provider == PROCESSOR
        return Layout.PROCESSOR if is_processor else Layout.CHANNELS_LAST

    def others_load(self, device: DeviceSpec) -> float | None:
        """What others take of the processors that are measured on."""
        return self._target.others_load(self.fingerprint(device).affinity)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time ``model`` on random input, one timed run after another."""
        return summarize(self._timer(model, device).time(plan), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> Timer:
        """Load the model to be timed again and again."""
        return self._timer(model, device)

    def _timer(self, model: bytes, device: DeviceSpec) -> OpenedTimer:
        machine = self._target.machine_facts(device.threads)["machine"]
        if device.provider == QNN and machine in X86:
            raise MeasurementError(
                f"{QNN} simulates its chip on {machine}, and the simulator's own time is no "
                "latency. Give --engine onnxruntime-qnn."
            )
        return OpenedTimer(self._opened(model, device), self.provenance)

    def load(self, model: bytes, device: DeviceSpec) -> OpenedRunner:
        """Make the model ready to answer."""
        return OpenedRunner(self._opened(model, device))

    def _opened(self, model: bytes, device: DeviceSpec) -> Opened:
        if device.machines or self._alike:
            self.fingerprint(device)
        return self._target.open(model, device)

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """The peak of one run, as the engine's own profile tells it."""
        return self._target.allocated_bytes(model, device)

    def placement(self, model: bytes, device: DeviceSpec) -> Placement | None:
        """From the profile of one run."""
        return self._target.placement(model, device)

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph after ONNX Runtime's optimizations, or as the provider's compiler reads it."""
        if device.provider not in GIVES_A_GRAPH:
            return integer_units(read_model(model))
        return onnx.load_model_from_string(self._target.optimized(model, device))
