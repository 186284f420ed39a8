"""How much memory ONNX Runtime holds at once while a model runs, from its own profile."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from hwnas.device import DeviceSpec
from hwnas.errors import MeasurementError
from hwnas.measure.engine.session import ELEMENT_TYPES, refused, session_options

EXACT_ARENA = {
    "max_mem": 0,  # no limit
    "arena_extend_strategy": 1,  # by what is requested, not by the next power of two
    "initial_chunk_size_bytes": 256,
    "max_dead_bytes_per_chunk": 1,  # hand out no more than was requested, to 256 bytes
}


def allocated_bytes(model: bytes, device: DeviceSpec, *, planned: bool = False) -> int:
    """The peak of one run above what the loaded model holds, to 256 bytes a tensor.

    Measured with ``enable_mem_pattern`` and ``enable_mem_reuse`` off, so that a tensor lives
    from the operator that writes it to the last that reads it. With both on (``planned``), as in
    a session of default options, ONNX Runtime plans buffers that live longer, at the same speed.
    The caller's input is not counted, the output is.

    Raises:
        MeasurementError: The device refuses the model, or ONNX Runtime is older than 1.32.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = _options(device, Path(folder) / "profile", planned=planned)
        with refused(
            f"ONNX Runtime does not run the model on {device.name!r}",
            "Check that the file is a complete ONNX model with fixed shapes",
        ):
            session = onnxruntime.InferenceSession(model, options, providers=[device.provider])
            for _ in range(2 if planned else 1):  # the first run learns the pattern
                session.run(None, {entry.name: _zeros(entry) for entry in session.get_inputs()})
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return _peak([event["args"] for event in events if event["cat"] == "Node"])


def _options(device: DeviceSpec, profile: Path, *, planned: bool) -> Any:  # noqa: ANN401
    """A session with an arena of its own, whose peak nobody else raised."""
    arena = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(arena, onnxruntime.OrtArenaCfg(EXACT_ARENA))
    options = session_options(device)
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.enable_mem_pattern = options.enable_mem_reuse = planned
    options.enable_profiling = True
    options.profile_file_prefix = str(profile)
    return options


def _zeros(entry: Any) -> Any:  # noqa: ANN401
    return np.zeros(entry.shape, ELEMENT_TYPES[entry.type])


def _peak(nodes: list[dict[str, Any]]) -> int:
    if not nodes or "mem_in_use_peak" not in nodes[0]:
        raise MeasurementError(
            f"ONNX Runtime {onnxruntime.__version__} does not say what it allocates. "
            "Install 1.32 or newer."
        )
    before = int(nodes[0]["mem_bytes_in_use"]) - int(nodes[0]["mem_in_use_delta"])
    return max(int(node["mem_in_use_peak"]) for node in nodes) - before
