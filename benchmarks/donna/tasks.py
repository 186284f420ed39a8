"""What Ray costs a task, and how much faster two processors are than one.

    python benchmarks/donna/tasks.py --out FILE.json

Overhead: tasks that do nothing, in this process and on a cluster of this machine. Speed-up: blocks
of a small ``donna`` space on the digits, distilled by a cluster of one processor and of two, in
turn, from nothing each time; as a ratio of medians.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from hwnas.data import load_data
from hwnas.pipeline.distilled import Distillation
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.ray_workers import OnRay
from hwnas.pipeline.reference import donna_space
from hwnas.pipeline.tasks import InThisProcess, Task, Workers
from hwnas.space import space_named
from hwnas.train import FinetuneSettings
from hwnas.train.blockwise import BlockwiseSettings
from hwnas.whole_file import write_whole

SPACE = Path(__file__).with_name("space.toml")
N_EMPTY, ROUNDS = 200, 2
"""Tasks that do nothing; and how often each cluster distils."""


def nothing(number: int) -> bytes:
    """A task's least."""
    return str(number).encode()


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    document: dict[str, float | list[float]] = {
        "ms_a_task_here": 1e3 * _empty(InThisProcess()) / N_EMPTY,
        "ms_a_task_on_ray": 1e3 * _on_cluster(2, _empty) / N_EMPTY,
    }
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for n_cpus, known in seconds.items():
            known.append(_on_cluster(n_cpus, _distil))
            print(n_cpus, known, flush=True)
    document |= {
        "seconds_on_1": seconds[1],
        "seconds_on_2": seconds[2],
        "speed_up": median(seconds[1]) / median(seconds[2]),
    }
    write_whole(arguments.out, json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


def _empty(workers: Workers) -> float:
    """Seconds of ``N_EMPTY`` tasks."""
    with tempfile.TemporaryDirectory() as folder:
        tasks = [Task(str(n), Path(folder) / str(n), nothing, (n,)) for n in range(N_EMPTY)]
        before = perf_counter()
        workers.run(tasks, lambda _: None)
        return perf_counter() - before


def _distil(workers: Workers) -> float:
    """Seconds of a library made from nothing; its reference is there."""
    data = load_data("digits")
    space = space_named(str(SPACE), input_size=8, in_channels=1, n_classes=10)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HWNAS_CACHE"] = folder
        steps = Distillation(
            data=data,
            space=donna_space(space),
            settings=DonnaSettings(blockwise=BlockwiseSettings(images=1024)),
            finetune=FinetuneSettings(epochs=1),
            seed=0,
            work=Path(folder),
            workers=workers,
            on_step=lambda *_: None,
        )
        reference = steps.reference()
        before = perf_counter()
        steps.library(reference)
        return perf_counter() - before


def _on_cluster(n_cpus: int, measured: Callable[[Workers], float]) -> float:
    """Of a new cluster of this machine, once its processes are there."""
    import ray
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": n_cpus})
    try:
        workers = OnRay(cluster.address)
        _empty(workers)
        return measured(workers)
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
