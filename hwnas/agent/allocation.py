"""How much memory ONNX Runtime holds at once while a model runs, from its own profile."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from hwnas.agent.providers import PROCESSOR, Settings
from hwnas.agent.runtime import ELEMENT_TYPES, inference_session, refused

EXACT_ARENA = {
    "max_mem": 0,  # no limit
    "arena_extend_strategy": 1,  # by what is requested, not by the next power of two
    "initial_chunk_size_bytes": 256,
    "max_dead_bytes_per_chunk": 1,  # hand out no more than was requested, to 256 bytes
}


def allocated_bytes(content: bytes, settings: Settings, planned: bool = False) -> int | None:
    """The peak of one run above what the loaded model holds, to 256 bytes a tensor.

    Measured with ``enable_mem_pattern`` and ``enable_mem_reuse`` off, so that a tensor lives
    from the operator that writes it to the last that reads it. With both on (``planned``), as in
    a session of default options, ONNX Runtime plans buffers that live longer, at the same speed.
    The caller's input is not counted, the output is.

    Returns:
        Bytes, or ``None`` where ONNX Runtime does not tell: it is older than 1.32, or another
        provider than the processor's allocates.

    Raises:
        RefusedError: The device refuses the model.
    """
    if not _tells() or settings["provider"] != PROCESSOR:
        inference_session(content, settings)
        return None
    with tempfile.TemporaryDirectory() as folder:

        def watch(options: Any) -> None:
            """An arena of its own, whose peak nobody else raised."""
            _register_exact_arena()
            options.add_session_config_entry("session.use_env_allocators", "1")
            options.enable_mem_pattern = options.enable_mem_reuse = planned
            options.enable_profiling = True
            options.profile_file_prefix = str(Path(folder) / "profile")

        session = inference_session(content, settings, watch)
        with refused(
            f"ONNX Runtime does not run the model on {settings['name']!r}",
            "Check that the file is a complete ONNX model with fixed shapes",
        ):
            for _ in range(2 if planned else 1):  # the first run learns the pattern
                session.run(None, {entry.name: _zeros(entry) for entry in session.get_inputs()})
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return _peak([event["args"] for event in events if event["cat"] == "Node"])


def _tells() -> bool:
    """Whether this ONNX Runtime's profile holds allocations; 1.32 was the first."""
    major, minor = onnxruntime.__version__.split(".")[:2]
    return (int(major), int(minor)) >= (1, 32)


def _register_exact_arena() -> None:
    arena = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(arena, onnxruntime.OrtArenaCfg(EXACT_ARENA))


def _zeros(entry: Any) -> Any:
    return np.zeros(entry.shape, ELEMENT_TYPES[entry.type])


def _peak(nodes: list[dict[str, Any]]) -> int:
    before = int(nodes[0]["mem_bytes_in_use"]) - int(nodes[0]["mem_in_use_delta"])
    return max(int(node["mem_in_use_peak"]) for node in nodes) - before
