"""Working set and file size of random networks, predicted from their blocks and found.

Six networks of the mobilenet space a resolution and precision. ``planned`` is what ONNX Runtime
holds in its default session from the second run on, with buffers that it plans and reuses.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from hwnas.device import DeviceSpec, load_device
from hwnas.footprint import EMPTY_FILE_BYTES, block_file_bytes, working_set_bytes
from hwnas.measure.engine import engine_named
from hwnas.measure.target import HERE
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


def _found(device: DeviceSpec, size: int, seed: int) -> dict[str, int | None]:
    space = space_named("mobilenet", input_size=size, in_channels=3, n_classes=10)
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
    content = ready_blocks(blocks, device, engine_named(device.engine)).content
    return {
        "predicted": max(working_set_bytes(block, device) for block in blocks),
        "allocated": HERE.allocated_bytes(content, device),
        "planned": HERE.allocated_bytes(content, device, planned=True),
        "predicted_file": EMPTY_FILE_BYTES + sum(block_file_bytes(b, device) for b in blocks),
        "file": len(content),
    }


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
