"""ONNX Runtime in this process."""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from hwnas.device import DeviceSpec, allowed_cpus, measuring_cpus
from hwnas.errors import MeasurementError
from hwnas.measure.engine.allocation import allocated_bytes
from hwnas.measure.engine.session import ELEMENT_TYPES, ERRORS_ONLY, refused, session_options
from hwnas.measure.measurement import Measurement, Provenance, summarize
from hwnas.measure.plan import MeasurePlan, RoundsPlan


class OnnxRuntimeRunner:
    """A session that answers one batch at a time."""

    def __init__(self, session: Any) -> None:  # noqa: ANN401
        if len(session.get_inputs()) != 1:
            raise MeasurementError(
                f"The model has {len(session.get_inputs())} inputs. Give one that reads an image."
            )
        self._session = session
        self._input = session.get_inputs()[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """``(batch, channels, height, width)``."""
        return tuple(self._input.shape)

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape."""
        with refused("The model does not run", "Run it in ONNX Runtime by hand"):
            return np.asarray(self._session.run(None, {self._input.name: batch})[0])


class OnnxRuntimeTimer:
    """A session with input and output bound, on processors of its own while it is timed."""

    provenance = Provenance.MEASURED

    def __init__(self, model: bytes, device: DeviceSpec) -> None:
        self._threads = device.threads
        with _pinned(device.threads):  # the session's own threads inherit the processors
            session = _session(model, device)
            self._binding = _bound(session)
            self._run = session.run_with_iobinding

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
        run, binding = self._run, self._binding
        context = refused("The model does not run", "Run it in ONNX Runtime by hand")
        with context, _pinned(self._threads), _garbage_collection_off():
            _repeat(lambda: run(binding), plan.warmup_runs, plan.warmup_s, plan.max_s)
            runs_ns = _repeat(lambda: run(binding), plan.min_runs, plan.min_s, plan.max_s)
        return np.array(runs_ns, dtype=np.float64) / 1e6


class OnnxRuntimeEngine:
    """Times with input and output bound, threads pinned, garbage collection off."""

    provenance = Provenance.MEASURED

    def version(self) -> str:
        """Name and version."""
        return f"onnxruntime {onnxruntime.__version__}"

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        """Time ``model`` on random input, one timed run after another."""
        return summarize(self.timer(model, device).time(plan), self.provenance)

    def timer(self, model: bytes, device: DeviceSpec) -> OnnxRuntimeTimer:
        """Load the model to be timed again and again."""
        return OnnxRuntimeTimer(model, device)

    def load(self, model: bytes, device: DeviceSpec) -> OnnxRuntimeRunner:
        """Make the model ready to answer."""
        return OnnxRuntimeRunner(_session(model, device))

    def allocated_bytes(self, model: bytes, device: DeviceSpec) -> int:
        """The peak of one run, as ``allocation`` reads it off the engine's profile."""
        return allocated_bytes(model, device)

    def optimized(self, model: bytes, device: DeviceSpec) -> onnx.ModelProto:
        """The graph after ONNX Runtime's optimizations."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "optimized.onnx"
            _session(model, device, optimized_path=path)
            return onnx.load(path)


def _session(model: bytes, device: DeviceSpec, optimized_path: Path | None = None) -> Any:  # noqa: ANN401
    if device.provider not in onnxruntime.get_available_providers():
        raise MeasurementError(  # ONNX Runtime would warn and take the processor
            f"ONNX Runtime has no provider {device.provider!r}, which {device.name!r} asks for. "
            f"Name one of {', '.join(onnxruntime.get_available_providers())}."
        )
    options = session_options(device)
    if optimized_path is not None:
        options.optimized_model_filepath = str(optimized_path)
        options.log_severity_level = ERRORS_ONLY + 1
    refuses = f"ONNX Runtime refuses the model on {device.name!r}"
    with refused(refuses, "Check that the file is a complete ONNX model"):
        session = onnxruntime.InferenceSession(model, options, providers=[device.provider])
    return session


def _bound(session: Any) -> Any:  # noqa: ANN401
    binding = session.io_binding()
    for entry in session.get_inputs():
        if not all(isinstance(size, int) and size > 0 for size in entry.shape):
            raise MeasurementError(
                f"The model's input {entry.name!r} has the open shape {entry.shape}. "
                "Export it with a fixed shape."
            )
        if entry.type not in ELEMENT_TYPES:
            raise MeasurementError(
                f"The model's input {entry.name!r} is {entry.type}. "
                "Give one of float, uint8 or int8."
            )
        binding.bind_cpu_input(entry.name, _random_input(entry.shape, ELEMENT_TYPES[entry.type]))
    for output in session.get_outputs():
        binding.bind_output(output.name, "cpu")
    return binding


def _random_input(shape: list[int], dtype: type[Any]) -> NDArray[Any]:
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return rng.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def _repeat(run: Any, min_runs: int, min_s: float, max_s: float) -> list[int]:  # noqa: ANN401
    runs_ns: list[int] = []
    started = perf_counter()
    elapsed = 0.0
    while (len(runs_ns) < min_runs or elapsed < min_s) and (elapsed < max_s or len(runs_ns) < 3):
        before = perf_counter_ns()
        run()
        runs_ns.append(perf_counter_ns() - before)
        elapsed = perf_counter() - started
    return runs_ns


@contextmanager
def _pinned(threads: int) -> Iterator[None]:
    """Keep this thread on the last processors allowed; the first serve interrupts."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cpus = allowed_cpus()
    os.sched_setaffinity(0, measuring_cpus(threads))
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


@contextmanager
def _garbage_collection_off() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
