"""TVM as an engine: compile, load here or on a tracker's server, time with its own clock."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.agent.machine import health_facts, pinned
from hwnas.agent.runtime import ELEMENT_TYPES, random_input
from hwnas.device import (
    LOCAL,
    DeviceSpec,
    Fingerprint,
    check_machine,
    fingerprint,
    others_load,
)
from hwnas.errors import MeasurementError
from hwnas.measure.engine.opened import OpenedRunner, OpenedTimer
from hwnas.measure.engine.protocol import Layout
from hwnas.measure.engine.tvm.compile import compiled, lowered, refused, target_of, tvm_module
from hwnas.measure.engine.tvm.place import Place, n_servers, place_for, tracker_address
from hwnas.measure.engine.tvm.tuned import TunedSchedules
from hwnas.measure.engine.units import read_model
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.rounds import Timer
from hwnas.measure.target import Placement

WARM_RUNS = 2
"""By which a model tells how long it takes, about."""


class TvmEngine:
    """Compiles for the device's target; runs in this process or on a server of a tracker.

    A quantized model is computed in float between its quantizer's nodes: TVM 0.27 imports them as
    conversions and has no integer convolutions to put in their place.
    """

    def __init__(self, device: DeviceSpec) -> None:
        self._device = device
        self._is_here = device.connection == LOCAL
        self._place = place_for(device)

    @property
    def provenance(self) -> Provenance:
        """What its latencies are."""
        return Provenance(self._device.clock)

    def version(self) -> str:
        """Name, version, and how long each model is tuned."""
        tuning_s = self._device.tvm.tuning_s
        tuned = f"tuned up to {tuning_s:g} s a model" if tuning_s else "untuned"
        return f"tvm {tvm_module().__version__}, {tuned}"

    def fingerprint(self, device: DeviceSpec) -> Fingerprint:
        """This machine's; of a server its tracker's key and the target tell."""
        if self._is_here:
            found = fingerprint(self.version(), device.threads)
            check_machine(found.machine, device)
            return found
        _, _, key = tracker_address(device)
        return Fingerprint(
            cpu=f"servers of key {key}",
            machine=device.tvm.mtriple.partition("-")[0] or "unknown",
            n_cpus=device.threads,
            governor="",
            system="",
            engine_version=self.version(),
        )

    def lanes(self, device: DeviceSpec) -> Sequence["TvmEngine"]:
        """One for each server of the tracker's key."""
        if self._is_here:
            return (self,)
        return tuple(TvmEngine(device) for _ in range(n_servers(device)))

    def health(self) -> Mapping[str, Any] | None:
        """This machine's; a server does not tell."""
        return health_facts(Path.cwd()) if self._is_here else None

    @property
    def has_integer_kernels(self) -> bool:
        """None that its ONNX importer chooses."""
        return False

    def prepare(
        self, models: Sequence[bytes], device: DeviceSpec, told: Callable[[int, str], None]
    ) -> None:
        """Tune them all, while none is loaded: the tuner runs where they will."""
        for done, model in enumerate(models, start=1):
            told(done, self._tuned(model, device))

    def layout(self, device: DeviceSpec) -> Layout:
        """As ONNX has them."""
        del device
        return Layout.CHANNELS_FIRST

    def others_load(self, device: DeviceSpec) -> float | None:
        """Of this machine's processors; a server does not tell."""
        if not self._is_here:
            return None
        return others_load(self.fingerprint(device).affinity)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time ``model`` on random input, one timed run after another."""
        timer = OpenedTimer(self._loaded(model, device), self.provenance)
        return summarize(timer.time(plan), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> Timer:
        """Load the model to be timed again and again."""
        return OpenedTimer(self._loaded(model, device), self.provenance)

    def load(self, model: bytes, device: DeviceSpec) -> OpenedRunner:
        """Make the model ready to answer."""
        return OpenedRunner(self._loaded(model, device))

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int | None:
        """TVM does not tell."""
        lowered(model, target_of(device))  # refuses what it cannot read
        return None

    def placement(self, model: bytes, device: DeviceSpec) -> Placement | None:
        """All is compiled for one target."""
        del model, device
        return None

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The model as it stands: what TVM makes of it is no ONNX graph."""
        lowered(model, target_of(device))  # refuses what it cannot read
        return read_model(model)

    def _tuned(self, model: bytes, device: DeviceSpec) -> str:
        if not device.tvm.tuning_s or self._schedules.is_tuned(model):
            return ""
        if not self._is_here:
            n_servers(device)  # refuses a tracker that is out of reach before time is spent
        self._place.release()
        return self._schedules.tune(model)

    @cached_property
    def _schedules(self) -> TunedSchedules:
        return TunedSchedules(self._device, self.fingerprint(self._device).cpu)

    def _loaded(self, model: bytes, device: DeviceSpec) -> "_Loaded":
        target = target_of(device)
        module = lowered(model, target)
        database = None
        if device.tvm.tuning_s:
            self._tuned(model, device)
            database = self._schedules.database()
        executable = compiled(module, target, database)
        return _Loaded(model, executable, self._place, device)


class _Loaded:
    """A virtual machine that holds a model; see ``Opened``."""

    def __init__(
        self,
        model: bytes,
        executable: Any,
        place: Place,
        device: DeviceSpec,
    ) -> None:
        self._place = place
        self._device = device
        self._elements = [(tuple(shape), dtype) for shape, dtype in _inputs(model)]
        self._run_s = 0.0
        """About; 0 before it is prepared."""
        module = place.load(executable, device)
        with self._running():
            self._machine = tvm_module().relax.VirtualMachine(module, place.chip(device))

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        """Shape and element type of each."""
        return [{"shape": shape, "type": np.dtype(dtype).name} for shape, dtype in self._elements]

    def prepare(self) -> None:
        """Set random input for every timed run."""
        self._feed([random_input(shape, dtype) for shape, dtype in self._elements])
        self._run_s = float(self._seconds(WARM_RUNS).min())

    def time_ms(self, plan: MeasurePlan) -> NDArray[np.float64]:
        """``(n_runs,)`` milliseconds of single runs, by TVM's evaluator, after the warm-up."""
        most = max(3, int(plan.max_s / self._run_s))
        n_warm = min(most, max(plan.warmup_runs, round(plan.warmup_s / self._run_s)))
        n_runs = min(most, max(plan.min_runs, round(plan.min_s / self._run_s)))
        return 1e3 * self._seconds(n_warm + n_runs)[n_warm:]

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape."""
        self._feed([batch])
        with self._running():
            self._machine.invoke_stateful("main")
            found = self._machine.get_outputs("main")
            first = found if hasattr(found, "numpy") else found[0]
            answer: NDArray[np.float32] = np.asarray(first.numpy(), dtype=np.float32)
            return answer

    def _feed(self, arrays: Sequence[NDArray[Any]]) -> None:
        with self._running():
            tensors = [self._place.tensor(array, self._device) for array in arrays]
            self._machine.set_input("main", *tensors)

    def _seconds(self, n_runs: int) -> NDArray[np.float64]:
        with pinned(self._device.threads), self._running():
            chip = self._place.chip(self._device)
            clock = self._machine.time_evaluator("invoke_stateful", chip, number=1, repeat=n_runs)
            return np.array(clock("main").results, dtype=np.float64)

    def _running(self) -> AbstractContextManager[None]:
        return refused(
            f"The model does not run on {self._device.name!r}",
            "See that the device can be reached, and run this again: it goes on where it was",
        )


def _inputs(model: bytes) -> list[tuple[tuple[int, ...], Any]]:
    found = []
    for value in read_model(model).graph.input:
        tensor = value.type.tensor_type
        sizes = tuple(dim.dim_value for dim in tensor.shape.dim)
        if not all(sizes):
            raise MeasurementError(
                f"The model's input {value.name!r} has an open shape. Export it with a fixed one."
            )
        kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
        if f"tensor({kind})" not in ELEMENT_TYPES:
            raise MeasurementError(
                f"The model's input {value.name!r} is {kind}. "
                "Give one of float, float16, uint8, int8 or uint16."
            )
        found.append((sizes, ELEMENT_TYPES[f"tensor({kind})"]))
    return found
