"""ONNX Runtime: sessions with input and output bound, threads pinned, garbage collection off."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np
import onnxruntime

from hwnas.agent.machine import allowed_cpus, measuring_cpus

LEVELS = {
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "disabled": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
ELEMENT_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}
ERRORS_ONLY = 3
BY_HAND = "Run it in ONNX Runtime by hand"
WHOLE_FILE = "Check that the file is a complete ONNX model"

Settings = dict[str, Any]
"""Of a device: ``name``, ``threads``, ``optimization_level``, ``provider``, its options."""


class RefusedError(Exception):
    """The engine refuses the model or the device; the message is a sentence for the user."""


class Session:
    """A loaded model, timed on processors of its own."""

    def __init__(self, content: bytes, settings: Settings) -> None:
        self._threads = settings["threads"]
        with _pinned(self._threads):  # the session's own threads inherit the processors
            self._session = inference_session(content, settings)
        self._binding: Any = None

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """Name, shape and element type of each."""
        entries = self._session.get_inputs()
        return [{"name": e.name, "shape": list(e.shape), "type": e.type} for e in entries]

    def prepare(self) -> None:
        """Bind random input, so that every timed run does the same.

        Raises:
            RefusedError: A shape is open, or an element type unknown.
        """
        if self._binding is None:
            self._binding = _bound(self._session)

    def time_ns(self, plan: dict[str, float]) -> list[int]:
        """Nanoseconds of single runs after a warm-up; ``plan`` as ``MeasurePlan`` has it.

        Raises:
            RefusedError: The model fails.
        """
        self.prepare()
        run, binding = self._session.run_with_iobinding, self._binding

        def once() -> None:
            run(binding)

        with refused("The model does not run", BY_HAND), _pinned(self._threads), _no_collection():
            _repeat(once, plan["warmup_runs"], plan["warmup_s"], plan["max_s"])
            return _repeat(once, plan["min_runs"], plan["min_s"], plan["max_s"])

    def run(self, batch: Any) -> Any:
        """The first output for one batch of the model's own shape.

        Raises:
            RefusedError: The model fails.
        """
        with refused("The model does not run", BY_HAND):
            return np.asarray(self._session.run(None, {self.inputs[0]["name"]: batch})[0])


def inference_session(
    content: bytes, settings: Settings, adjust: Callable[[Any], None] = lambda _: None
) -> Any:
    """A session of the device's provider, threads and optimizations, one operator after another.

    ``adjust`` may change its options.

    Raises:
        RefusedError: The provider is not there, or refuses the model.
    """
    provider, known = settings["provider"], onnxruntime.get_available_providers()
    if provider not in known:  # ONNX Runtime would warn and take the processor
        raise RefusedError(
            f"ONNX Runtime has no provider {provider!r}, which {settings['name']!r} asks for. "
            f"Name one of {', '.join(known)}."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings["threads"]
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = LEVELS[settings["optimization_level"]]
    options.log_severity_level = ERRORS_ONLY
    adjust(options)
    with refused(f"ONNX Runtime refuses the model on {settings['name']!r}", WHOLE_FILE):
        return onnxruntime.InferenceSession(
            content, options, providers=[(provider, settings["provider_options"])]
        )


def optimized(content: bytes, settings: Settings) -> bytes:
    """The graph after ONNX Runtime's optimizations, as a file.

    Raises:
        RefusedError: The device refuses the model.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optimized.onnx"

        def keep_graph(options: Any) -> None:
            options.optimized_model_filepath = str(path)
            options.log_severity_level = ERRORS_ONLY + 1

        inference_session(content, settings, keep_graph)
        return path.read_bytes()


@contextmanager
def refused(what: str, advice: str) -> Iterator[None]:
    """Whatever ONNX Runtime raises, as ours; its exceptions have no base class but ``Exception``.

    Raises:
        RefusedError: Always in place of another error.
    """
    try:
        yield
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError(f"{what}: {_first_line(error)}. {advice}.") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _bound(session: Any) -> Any:
    binding = session.io_binding()
    for entry in session.get_inputs():
        if not all(isinstance(size, int) and size > 0 for size in entry.shape):
            raise RefusedError(
                f"The model's input {entry.name!r} has the open shape {entry.shape}. "
                "Export it with a fixed shape."
            )
        if entry.type not in ELEMENT_TYPES:
            raise RefusedError(
                f"The model's input {entry.name!r} is {entry.type}. "
                "Give one of float, uint8 or int8."
            )
        binding.bind_cpu_input(entry.name, _random_input(entry.shape, ELEMENT_TYPES[entry.type]))
    for output in session.get_outputs():
        binding.bind_output(output.name, "cpu")
    return binding


def _random_input(shape: list[int], dtype: Any) -> Any:
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return rng.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def _repeat(run: Callable[[], None], min_runs: float, min_s: float, max_s: float) -> list[int]:
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
    """Keep this thread on the processors that are measured on."""
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
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
