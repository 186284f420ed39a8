r"""What zeros among weights are worth to ONNX Runtime: one by one, and in blocks.

    python benchmarks/mgas/zeros.py --out benchmarks/mgas/zeros.json \
        [--device local --share 0.75 --rounds 7]

The same network (MobileNetV2 at half width, 96 pixels) with all weights, and with a share of its
weights zero: one by one, in blocks of 4 input channels by 1 output, and in blocks of 16 by 16, of
every 1x1 convolution. Timed in turns, in int8 and float32; compressed by zlib. What a latency
gains is the ratio to all weights.
"""

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hwnas.device import DeviceSpec
from hwnas.export import to_onnx
from hwnas.measure import NETWORK_PLAN
from hwnas.measure.engine import Engine, engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.pipeline import device_with
from hwnas.quantize import deployable
from hwnas.space import blocks_of, only_architecture, space_named
from hwnas.whole_file import write_whole

BLOCKS = {"none": None, "one by one": (1, 1), "4 inputs": (1, 4), "16 x 16": (16, 16)}
"""Outputs and inputs that are zero together."""


def main() -> None:
    """Time all four in turns."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="local")
    parser.add_argument("--share", type=float, default=0.75)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    found = []
    for precision in ("int8", "float32"):
        device = device_with(arguments.device, precision=precision)
        engine = engine_for(device)
        files = {name: _file(name, arguments.share, device, engine) for name in BLOCKS}
        times: dict[str, list[float]] = {name: [] for name in files}
        for _ in range(arguments.rounds):
            for name, content in files.items():
                times[name].append(engine.measure(content, device, NETWORK_PLAN).median_ms)
        whole = float(np.median(times["none"]))
        found += [
            {
                "precision": precision,
                "zeros": name,
                "median_ms": float(np.median(times[name])),
                "ratio": float(np.median(times[name])) / whole,
                "bytes": len(content),
                "compressed_bytes": len(zlib.compress(content, level=9)),
            }
            for name, content in files.items()
        ]
    document = {
        "share": arguments.share,
        "device": device.name,
        "engine": engine.version(),
        "rows": found,
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


def _file(name: str, share: float, device: DeviceSpec, engine: Engine) -> bytes:
    space = space_named("mobilenetv2@0.5", input_size=96, in_channels=3, n_classes=10)
    blocks = blocks_of(space, only_architecture(space))
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    rng = np.random.default_rng(0)
    block = BLOCKS[name]
    for layer in network.modules():
        if block is not None and isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1):
            _zero(layer, block, share, rng)
    images = rng.standard_normal((8, 3, 96, 96)).astype(np.float32)
    model = to_onnx(network, input_shape(blocks, device.batch))
    return deployable(model, device, engine, images).content


@torch.no_grad()
def _zero(
    layer: nn.Conv2d, block: tuple[int, int], share: float, rng: np.random.Generator
) -> None:
    n_out, n_in = layer.weight.shape[:2]
    grid = rng.random((-(-n_out // block[0]), -(-n_in // block[1]))) >= share
    mask = np.kron(grid, np.ones(block))[:n_out, :n_in, None, None]
    layer.weight *= torch.from_numpy(mask).float()


if __name__ == "__main__":
    main()
