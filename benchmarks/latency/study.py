"""How well blocks predict whole networks, beside three other ways to predict them.

    python benchmarks/latency/study.py OUT                      # profile, then time 100 networks
    python benchmarks/latency/study.py OUT --later --seed 8     # the same tables, other networks

Every setting (input size, precision, threads) is profiled into OUT/tables unless it is there
already; then random networks are built whole, timed in turn, and predicted in four ways from what
the profile measured, so all four had the same measuring time:

- hwnas: blocks, one engine call, and a factor for each feature-map size fitted on 40 networks
- plain sum: the blocks as they were timed alone (ProxylessNAS, Once-for-All)
- MACs: multiply-accumulates times a constant fitted on the same 40 networks
- random forest: a forest on the blocks' features, fitted on the blocks, summed (nn-Meter)

Figures go to OUT/results.json (OUT/later.json) and OUT/results.md, pictures to OUT/<setting>.png.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.ensemble import RandomForestRegressor

import hwnas
from hwnas.block import BLOCKS, BlockSpec, block_to_json
from hwnas.device import DeviceSpec, Fingerprint, fingerprint
from hwnas.latency import CalibratedModel, latency_model, networks_of, score
from hwnas.measure.engine import engine_named
from hwnas.pipeline import device_with
from hwnas.space import Architecture, Space, all_blocks, blocks_of, space_named
from hwnas.table import LatencyTable, table_named, table_path
from hwnas.whole_file import write_whole

SIZES, PRECISIONS, THREADS = (224, 96, 32), ("float32", "int8"), (1, 2)
N_CLASSES = 1000
Predict = Callable[[Sequence[BlockSpec]], float]


def main() -> None:
    """Run the settings asked for and write what each gave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="local")
    parser.add_argument("--later", action="store_true")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--precisions", nargs="*", default=PRECISIONS)
    parser.add_argument("--threads", type=int, nargs="*", default=THREADS)
    arguments = parser.parse_args()
    os.environ["HWNAS_TABLES"] = str(arguments.out / "tables")
    (arguments.out / "tables").mkdir(parents=True, exist_ok=True)
    file = arguments.out / ("later.json" if arguments.later else "results.json")
    results = json.loads(file.read_text()) if file.is_file() else {}
    for size, precision, threads in product(
        arguments.sizes, arguments.precisions, arguments.threads
    ):
        name = f"{size}-{precision}-t{threads}"
        results[name] = _one_setting(arguments, size, precision, threads)
        write_whole(file, json.dumps(results, indent=2) + "\n")
        write_whole(file.with_suffix(".md"), _page(results))
        print(name, json.dumps(results[name]["methods"]["hwnas"]), flush=True)


def _one_setting(
    arguments: argparse.Namespace, size: int, precision: str, threads: int
) -> dict[str, object]:
    space = space_named("mobilenet", input_size=size, in_channels=3, n_classes=N_CLASSES)
    setting = {"input_size": size, "precision": precision, "threads": threads}
    started = perf_counter()
    if not arguments.later:
        hwnas.profile(arguments.device, **setting)  # type: ignore[arg-type]
    seconds = perf_counter() - started
    keep = arguments.out / "networks" / f"{size}-{precision}-t{threads}-seed{arguments.seed}"
    found = hwnas.score_table(
        arguments.device,
        **setting,  # type: ignore[arg-type]
        samples=arguments.samples,
        seed=arguments.seed,
        keep=keep,
    )
    device = device_with(arguments.device, precision=precision, threads=threads, batch=None)
    table = table_named(str(table_path(device, _machine_of(device))))
    name = f"{size}-{precision}-t{threads}{'-later' if arguments.later else ''}.png"
    write_whole(arguments.out / name, (keep / "scatter.png").read_bytes())
    drawn = [blocks_of(space, Architecture(tuple(n.choices.split(",")))) for n in found.networks]
    measured_ms = np.array([network.measured_ms for network in found.networks])
    methods = {
        method: asdict(score(np.array([predict(blocks) for blocks in drawn]), measured_ms))
        for method, predict in _methods(table, space).items()
    }
    return {
        "seed": arguments.seed,
        "cpu": table.header.fingerprint.cpu,
        "engine": table.header.fingerprint.engine_version,
        "table_date": table.header.conditions.date if table.header.conditions else "",
        "profile_seconds": round(seconds, 1),
        "n_blocks": len(all_blocks(space)),
        "n_unsettled_rows": sum(not table.rows[b].settled for b in all_blocks(space)),
        "repeatability": found.repeatability,
        "repeat_tau": found.repeat_tau,
        "machine_since_profile": found.drift,
        "latency_range_ms": [float(measured_ms.min()), float(measured_ms.max())],
        "factors": _factors(table, space),
        "methods": methods,
    }


def _machine_of(device: DeviceSpec) -> Fingerprint:
    """This machine's fingerprint, as the device is measured."""
    return fingerprint(engine_named(device.engine).version(), device.threads)


def _methods(table: LatencyTable, space: Space) -> dict[str, Predict]:
    known = all_blocks(space)
    networks = networks_of(table, known)
    measured_ms = np.array([table.networks[network].median_ms for network in networks])
    macs = np.array([sum(block.n_macs for block in network) for network in networks])
    weights = macs / measured_ms
    ms_per_mac = float(weights.sum() / (weights**2).sum())  # least squares of the relative error
    forest = RandomForestRegressor(300, random_state=0)
    forest.fit([_features(b) for b in known], [table[b].median_ms for b in known])
    block_ms = dict(zip(known, forest.predict([_features(b) for b in known]), strict=True))
    return {
        "hwnas": latency_model(table, known).predict_ms,
        "plain sum": lambda blocks: sum(table[block].median_ms for block in blocks),
        "MACs": lambda blocks: ms_per_mac * sum(block.n_macs for block in blocks),
        "random forest": lambda blocks: float(sum(block_ms[block] for block in blocks)),
    }


def _features(block: BlockSpec) -> list[float]:
    """What nn-Meter's kernels are described by, and the work they do."""
    row = block_to_json(block)
    names = ("input_size", "in_channels", "out_channels", "hidden_channels", "kernel_size")
    sizes = [float(row.get(name, getattr(block, name, 0)) or 0) for name in names]
    rest = [float(row.get(name) or 0) for name in ("expansion", "stride")]
    work = [float(block.n_macs), float(block.n_parameters)]
    return [float(list(BLOCKS).index(block.kind)), *sizes, *rest, *work]


def _factors(table: LatencyTable, space: Space) -> dict[str, float]:
    model = latency_model(table, all_blocks(space))
    if not isinstance(model, CalibratedModel):
        return {}
    return {str(size): round(factor, 4) for size, factor in model.factors.items()}


def _page(results: dict[str, dict[str, object]]) -> str:
    """The figures as one Markdown table."""
    lines = [
        "| setting | method | within 5 % | within 10 % | mean error | worst | RMSPE | tau |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        for method, figures in result["methods"].items():  # type: ignore[attr-defined]
            lines.append(
                f"| {name} | {method} | {figures['within_5']:.0f} | {figures['within_10']:.0f} | "
                f"{figures['mape']:.2f} % | {figures['worst']:.2f} % | {figures['rmspe']:.2f} % | "
                f"{figures['kendall_tau']:.3f} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
