r"""ONNX Runtime, TVM untuned and TVM tuned on the same blocks, side by side in one run.

    python benchmarks/engines/engines.py --out benchmarks/engines/engines.json [--blocks 20]

Blocks of the mobilenet space, evenly chosen by multiply-accumulates, with one thread. Each is
visited by every engine in turn, round after round; a latency is the median over rounds of each
visit's lower quartile. ``--tuning`` seconds are spent on each block in TVM's MetaSchedule.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, load_device
from hwnas.measure import BLOCK_ROUNDS
from hwnas.measure.engine import engine_for
from hwnas.profile import ready_blocks
from hwnas.space import all_blocks, space_named
from hwnas.whole_file import write_whole

FIRST = "onnxruntime float32"
"""What the others are told as a multiple of."""


def main() -> None:
    """Time and write."""
    arguments = _arguments()
    devices = _devices(arguments.tuning)
    space = space_named("mobilenet", input_size=arguments.input_size, in_channels=3, n_classes=10)
    blocks = sorted(all_blocks(space), key=lambda block: block.n_macs)
    places = np.linspace(0, len(blocks) - 1, arguments.blocks).round().astype(int)
    rows = []
    for place in places:
        rows.append(_row(blocks[place], devices, arguments.rounds))
        print(json.dumps(rows[-1]), flush=True)
    document = {
        "settings": {**vars(arguments), "out": arguments.out.name},
        "engines": {name: engine_for(device).version() for name, device in devices.items()},
        "cpu": engine_for(devices[FIRST]).fingerprint(devices[FIRST]).cpu,
        "ratios": {name: _summary(rows, name) for name in devices if name != FIRST},
        "rows": rows,
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(document["ratios"], indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tuning", type=float, default=20.0)
    parser.add_argument("--input-size", type=int, default=96)
    return parser.parse_args()


def _devices(tuning_s: float) -> dict[str, DeviceSpec]:
    x86 = load_device("x86-cpu")
    float32 = replace(x86, precision="float32")
    tvm = replace(float32, engine="tvm")
    return {
        FIRST: float32,
        "onnxruntime int8": x86,
        "tvm untuned float32": tvm,
        "tvm tuned float32": replace(tvm, tvm=replace(tvm.tvm, tuning_s=tuning_s)),
    }


def _row(block: BlockSpec, devices: dict[str, DeviceSpec], rounds: int) -> dict[str, object]:
    timers = {}
    for name, device in devices.items():
        engine = engine_for(device)
        timers[name] = engine.timer(ready_blocks([block], device, engine).content, device)
    visits: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            visits[name].append(float(np.quantile(timer.visit(BLOCK_ROUNDS), 0.25)))
    return {
        "kind": block.kind,
        "macs": block.n_macs,
        "ms": {name: round(float(np.median(found)), 5) for name, found in visits.items()},
    }


def _summary(rows: list[dict[str, object]], name: str) -> dict[str, float]:
    ratios = np.array([row["ms"][name] / row["ms"][FIRST] for row in rows])  # type: ignore[index]
    return {
        "geometric_mean": round(float(np.exp(np.log(ratios).mean())), 3),
        "least": round(float(ratios.min()), 3),
        "most": round(float(ratios.max()), 3),
    }


if __name__ == "__main__":
    main()
