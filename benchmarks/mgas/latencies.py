r"""Whether operations and filters together beat both alone at equal milliseconds.

    python benchmarks/mgas/latencies.py CIFAR10.npz --out FOLDER \
        [--latencies 0.1ms 0.2ms 0.4ms --device local --seeds 0 1 2]

Each row is a whole ``hwnas search``: pruned to the latency, trained, quantized and timed on the
device. Each is a file of the folder; stopped, the same command goes on. An idle machine, please.
``--images`` does not apply: name a data set of that size.
"""

import argparse
import json
from functools import partial
from pathlib import Path

from rows import Row, grouped, kept, parser_of, same_options

import hwnas
from hwnas.errors import NoNetworkFitsError
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.train.mgas import MgasSettings
from hwnas.whole_file import write_whole

WAYS = ("op,filter", "op", "filter")


def main() -> None:
    """Both and each alone at every latency with every seed."""
    parser = parser_of(__doc__)
    parser.add_argument("--latencies", nargs="+", default=["0.1ms", "0.2ms", "0.4ms"])
    parser.add_argument("--device", default="local")
    arguments = parser.parse_args()
    same_options(arguments)
    rows = []
    for seed in arguments.seeds:
        for latency in arguments.latencies:
            for way in WAYS:
                name = f"{way.replace(',', '-')}-{latency}-{seed}"
                make = partial(_row, arguments, name, way, latency, seed)
                rows.append(kept(arguments.out, name, make))
    fitting = [row for row in rows if row["test_accuracy"] is not None]
    summary = grouped(fitting, ("latency", "way"), "test_accuracy")
    write_whole(arguments.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    for line in summary:
        print(line)


def _row(arguments: argparse.Namespace, name: str, way: str, latency: str, seed: int) -> Row:
    row: Row = {"way": way, "latency": latency, "seed": seed}
    run = Path(arguments.out) / "runs" / name
    try:
        result = hwnas.search(
            latency,
            device=arguments.device,
            space=arguments.space,
            strategy="mgas",
            data=arguments.data,
            seed=seed,
            out=run,
            mgas=MgasSettings(
                granularities=tuple(way.split(",")),  # type: ignore[arg-type]
                most_epochs=arguments.prune_epochs,
            ),
            supernet=SupernetSettings(epoch_images=arguments.epoch_images),
            finetune=FinetuneSettings(epochs=arguments.epochs),
        )
    except NoNetworkFitsError as error:
        if "run the same command again" in str(error):
            raise
        return row | {"test_accuracy": None, "refused": str(error)}
    return row | {
        "test_accuracy": result.accuracy,
        "float32_accuracy": result.accuracy_float32,
        "measured_ms": result.measured_latency_ms,
        "float32_ms": result.float32_latency_ms,
        "parameters": result.params,
        "n_estimated_blocks": result.n_estimated_blocks,
        "seconds": result.seconds,
    }


if __name__ == "__main__":
    main()
