"""ONNX Runtime: sessions with input and output bound, threads pinned, garbage collection off."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

import numpy as np
import onnxruntime

from hwnas.agent.machine import pinned
from hwnas.agent.providers import (
    FELL_BACK,
    ON_CUDA,
    PLUGINS,
    PROCESSOR,
    RefusedError,
    Settings,
    apart_from_output,
    choose_providers,
    ran_on,
)

LEVELS = {
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "disabled": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
ELEMENT_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(uint16)": np.uint16,
}
ERRORS_ONLY, FATAL_ONLY = 3, 4
BY_HAND = "Run it in ONNX Runtime by hand"
WHOLE_FILE = "Check that the file is a complete ONNX model"


class Session:
    """A loaded model, timed on processors of its own."""

    def __init__(self, content: bytes, settings: Settings) -> None:
        self._threads = settings["threads"]
        self._memory = "cuda" if settings["provider"] in ON_CUDA else "cpu"
        with pinned(self._threads):  # the session's own threads inherit the processors
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
            self._binding = _bound(self._session, self._memory)

    def time_ns(self, plan: dict[str, float]) -> list[int]:
        """Nanoseconds of single runs after a warm-up; ``plan`` as ``MeasurePlan`` has it.

        Raises:
            RefusedError: The model fails.
        """
        self.prepare()
        run, binding = self._session.run_with_iobinding, self._binding

        def once() -> None:
            run(binding)

        with refused("The model does not run", BY_HAND), pinned(self._threads), _no_collection():
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
        RefusedError: The provider is not there, or refuses the model, or would leave a part of
            it to the processor, which the device does not allow.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings["threads"]
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = LEVELS[settings["optimization_level"]]
    is_plugin = settings["provider"] in PLUGINS  # which logs its first tries as errors
    options.log_severity_level = FATAL_ONLY if is_plugin else ERRORS_ONLY
    adjust(options)
    with (
        apart_from_output(settings["provider"]),
        refused(f"ONNX Runtime refuses the model on {settings['name']!r}", WHOLE_FILE),
    ):
        providers = choose_providers(options, settings)
        try:
            session = onnxruntime.InferenceSession(
                content, options, providers=providers or None, enable_fallback=0
            )
        except Exception as error:
            if FELL_BACK not in str(error):
                raise
            raise _left_to_the_processor(content, settings) from error
    if settings["provider"] not in session.get_providers():  # its libraries are missing
        raise RefusedError(
            f"ONNX Runtime cannot start provider {settings['provider']!r}, which "
            f"{settings['name']!r} asks for, and took {', '.join(session.get_providers())}. "
            "Install that provider's own libraries."
        )
    return session


def placement(content: bytes, settings: Settings) -> dict[str, dict[str, int]]:
    """How many operators of each kind each provider runs; a compiled part counts as one.

    Raises:
        RefusedError: The device refuses the model.
    """
    with tempfile.TemporaryDirectory() as folder:

        def watch(options: Any) -> None:
            options.enable_profiling = True
            options.profile_file_prefix = str(Path(folder) / "profile")

        session = inference_session(content, settings, watch)
        with refused(f"ONNX Runtime does not run the model on {settings['name']!r}", WHOLE_FILE):
            session.run(None, random_feed(session))
            return ran_on(Path(session.end_profiling()))


def optimized(content: bytes, settings: Settings) -> bytes:
    """The graph after ONNX Runtime's optimizations, as a file.

    Raises:
        RefusedError: The device refuses the model.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optimized.onnx"

        def keep_graph(options: Any) -> None:
            options.optimized_model_filepath = str(path)
            options.log_severity_level = FATAL_ONLY

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


def random_feed(session: Any) -> dict[str, Any]:
    """Random input of the shapes that a session takes, the same ones every time.

    Raises:
        RefusedError: A shape is open, or an element type unknown.
    """
    return {entry.name: _random_of(entry) for entry in session.get_inputs()}


def _left_to_the_processor(content: bytes, settings: Settings) -> RefusedError:
    """Which operators the provider does not run."""
    allowed = {**settings, "fallback_providers": [*settings["fallback_providers"], PROCESSOR]}
    placed = placement(content, allowed)
    left = placed.get(PROCESSOR, {})
    if set(placed) == {PROCESSOR}:
        return RefusedError(
            f"{settings['provider']} runs no operator of the model on {settings['name']!r}. "
            "Correct its provider_options in the device file."
        )
    counts = ", ".join(f"{n} {operator}" for operator, n in sorted(left.items())) or "a part"
    return RefusedError(
        f"{settings['provider']} does not run all of the model: it leaves {counts} to the "
        f"processor, which {settings['name']!r} does not allow. Take these operators out of the "
        f'space, or allow it in the device file with: fallback_providers = ["{PROCESSOR}"]'
    )


def _bound(session: Any, memory: str) -> Any:
    """Input and output in the memory of the chip that runs the model."""
    binding = session.io_binding()
    for name, array in random_feed(session).items():
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array, memory, 0)
        binding.bind_ortvalue_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name, memory)
    return binding


def _random_of(entry: Any) -> Any:
    if not all(isinstance(size, int) and size > 0 for size in entry.shape):
        raise RefusedError(
            f"The model's input {entry.name!r} has the open shape {entry.shape}. "
            "Export it with a fixed shape."
        )
    if entry.type not in ELEMENT_TYPES:
        raise RefusedError(
            f"The model's input {entry.name!r} is {entry.type}. "
            "Give one of float, float16, uint8, int8 or uint16."
        )
    return random_input(entry.shape, ELEMENT_TYPES[entry.type])


def random_input(shape: Sequence[int], dtype: Any) -> Any:
    """Of a shape and element type, the same every time."""
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
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
