"""Working set and file size of random networks, predicted from their blocks and found.

Six networks of the mobilenet space a resolution and precision. ``planned`` is what ONNX Runtime
holds in its default session from the second run on, with buffers that it plans and reuses.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from hwnas.device import DeviceSpec, load_device
from hwnas.footprint import EMPTY_FILE_BYTES, block_file_bytes, working_set_bytes
from hwnas.measure.engine import engine_named
from hwnas.measure.engine.allocation import _options, allocated_bytes
from hwnas.profile import ready_blocks
from hwnas.space import blocks_of, random_architecture, space_named

SIZES, N_NETWORKS = (32, 96, 224), 6


def _networks() -> Iterator[dict[str, Any]]:
    for precision in ("float32", "int8"):
        device = replace(load_device("x86-cpu"), precision=precision)
        for size in SIZES:
            for seed in range(N_NETWORKS):
                yield {"precision": precision, "size": size, "seed": seed} | _found(
                    device, size, seed
                )


def _found(device: DeviceSpec, size: int, seed: int) -> dict[str, int]:
    space = space_named("mobilenet", input_size=size, in_channels=3, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
    content = ready_blocks(blocks, device, engine_named(device.engine)).content
    return {
        "predicted": max(working_set_bytes(block, device) for block in blocks),
        "allocated": allocated_bytes(content, device),
        "planned": _planned_bytes(content, device),
        "predicted_file": EMPTY_FILE_BYTES + sum(block_file_bytes(b, device) for b in blocks),
        "file": len(content),
    }


def _planned_bytes(model: bytes, device: DeviceSpec) -> int:
    with tempfile.TemporaryDirectory() as folder:
        options = _options(device, Path(folder) / "profile")
        options.enable_mem_pattern = options.enable_mem_reuse = True
        session = onnxruntime.InferenceSession(model, options, providers=[device.provider])
        entry = session.get_inputs()[0]
        for _ in range(2):
            session.run(None, {entry.name: np.zeros(entry.shape, np.float32)})
        events = json.loads(Path(session.end_profiling()).read_text())
    nodes = [event["args"] for event in events if event["cat"] == "Node"]
    before = int(nodes[0]["mem_bytes_in_use"]) - int(nodes[0]["mem_in_use_delta"])
    return max(int(node["mem_in_use_peak"]) for node in nodes) - before


def main() -> None:
    """Print a line a network, then the ratios."""
    networks = []
    for network in _networks():
        networks.append(network)
        print(json.dumps(network), flush=True)
    for over, under in (
        ("predicted", "allocated"),
        ("planned", "allocated"),
        ("predicted_file", "file"),
    ):
        for precision in ("float32", "int8"):
            ratios = [n[over] / n[under] for n in networks if n["precision"] == precision]
            print(
                f"{precision}: {over} / {under} from {min(ratios):.4f} to {max(ratios):.4f}, "
                f"median {np.median(ratios):.4f}",
                file=sys.stderr,
            )


if __name__ == "__main__":
    main()
