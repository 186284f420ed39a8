r"""MGAS beside DDPNAS at one budget: verified on the device, float and int8, in one table.

    python benchmarks/mgas/beside_ddpnas.py fashion-mnist --out FOLDER \
        [--latency 0.2ms --space mobilenet --device local --seeds 0]

Both are whole searches of ``hwnas search`` in the same space with the same images an epoch and
epochs of final training. Each row is a file of the folder; stopped, the same command goes on.
"""

import argparse
from functools import partial
from pathlib import Path

from rows import Row, kept, parser_of, same_options

import hwnas
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.train.mgas import MgasSettings
from hwnas.whole_file import write_whole

COLUMNS = {
    "strategy": "strategy",
    "seed": "seed",
    "measured_ms": "measured (ms)",
    "float32_accuracy": "float32 (%)",
    "int8_accuracy": "int8 (%)",
    "parameters": "parameters",
    "macs": "MACs",
    "hours": "hours",
}


def main() -> None:
    """Both with every seed."""
    parser = parser_of(__doc__)
    parser.set_defaults(space="mobilenet", seeds=[0])
    parser.add_argument("--latency", default="0.2ms")
    parser.add_argument("--device", default="local")
    arguments = parser.parse_args()
    same_options(arguments)
    rows = [
        kept(arguments.out, f"{strategy}-{seed}", partial(_row, arguments, strategy, seed))
        for seed in arguments.seeds
        for strategy in ("mgas", "ddpnas")
    ]
    lines = [" | ".join(COLUMNS.values()), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(str(row[name]) for name in COLUMNS) for row in rows]
    table = "".join(f"| {line} |\n" for line in lines)
    write_whole(arguments.out / "table.md", table)
    print(table)


def _row(arguments: argparse.Namespace, strategy: str, seed: int) -> Row:
    mgas = MgasSettings(most_epochs=arguments.prune_epochs)
    result = hwnas.search(
        arguments.latency,
        device=arguments.device,
        space=arguments.space,
        strategy=strategy,
        data=arguments.data,
        seed=seed,
        out=Path(arguments.out) / "runs" / f"{strategy}-{seed}",
        mgas=mgas if strategy == "mgas" else None,
        supernet=SupernetSettings(epoch_images=arguments.epoch_images),
        finetune=FinetuneSettings(epochs=arguments.epochs),
    )
    int8 = result.accuracy_int8
    return {
        "strategy": strategy,
        "seed": seed,
        "latency": arguments.latency,
        "measured_ms": round(result.measured_latency_ms, 4),
        "float32_accuracy": round(100 * result.accuracy_float32, 2),
        "int8_accuracy": None if int8 is None else round(100 * int8, 2),
        "parameters": result.params,
        "macs": result.macs,
        "hours": round(sum(result.seconds.values()) / 3600, 2),
    }


if __name__ == "__main__":
    main()
