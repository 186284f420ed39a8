"""How far a profile can be trusted: twice on a quiet machine, and once beside a neighbour.

    python benchmarks/latency/trust.py OUT [--input-size 32] [--precision int8] [--threads 1]

Three profiles of the mobilenet space, each into a folder of its own: two undisturbed, and one
beside a process that loads the measured processor for a third of the time that a profile takes.
Printed as JSON: by how much the two differ, rows of the third that are off by more than 5 %
without being marked, and the share of the wall time that went into building, not measuring.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

import hwnas
from hwnas.block import BlockSpec
from hwnas.device import measuring_cpus
from hwnas.progress import Progress
from hwnas.space import all_blocks, space_named
from hwnas.table import LatencyTable
from hwnas.whole_file import write_whole

OFF = 0.05
N_CLASSES = 1000


@dataclass
class Watch:
    """Seconds that building took, as the progress tells it."""

    built_s: float = 0.0
    _started: float | None = field(default=None, init=False)

    def __call__(self, progress: Progress) -> None:
        """Count from a part's first block to its last."""
        if progress.phase == "build":
            self._started = self._started or perf_counter()
            if progress.done == progress.total:
                self.built_s += perf_counter() - self._started
                self._started = None


def main() -> None:
    """Profile three times and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="local")
    parser.add_argument("--input-size", type=int, default=32)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    first, seconds, built_s = _profile(arguments, "first", cached=False)
    second, cached_seconds, _ = _profile(arguments, "second", cached=True)
    neighbour = threading.Thread(target=_disturb, args=(arguments.threads, seconds))
    neighbour.start()
    disturbed, disturbed_seconds, _ = _profile(arguments, "disturbed", cached=True)
    neighbour.join()
    space = space_named(
        "mobilenet", input_size=arguments.input_size, in_channels=3, n_classes=N_CLASSES
    )
    blocks = all_blocks(space)  # a shipped table brings rows of its own
    differ = _ratios(blocks, first, second)
    beside = _ratios(blocks, first, disturbed)
    off = [block for block, ratio in beside.items() if abs(ratio - 1) > OFF]
    unmarked = [block for block in off if disturbed.rows[block].settled]
    conditions = disturbed.header.conditions
    found = {
        "n_rows": len(blocks),
        "profile_seconds": seconds,
        "share_not_measuring": built_s / seconds,
        "profile_seconds_with_blocks_built": cached_seconds,
        "two_profiles": {
            "median_difference": float(np.median([abs(r - 1) for r in differ.values()])),
            "median_ratio": float(np.median(list(differ.values()))),
            "worst_difference": max(abs(r - 1) for r in differ.values()),
        },
        "beside_a_neighbour": {
            "profile_seconds": disturbed_seconds,
            "disturbed_share_of_visits": conditions.disturbed_share if conditions else None,
            "median_ratio": float(np.median(list(beside.values()))),
            "rows_off": len(off),
            "rows_off_and_not_marked": len(unmarked),
            "rows_marked": disturbed.n_unsettled,
            "worst_unmarked": max(
                (abs(r - 1) for b, r in beside.items() if disturbed.rows[b].settled), default=0.0
            ),
        },
    }
    name = f"trust-{arguments.input_size}-{arguments.precision}-t{arguments.threads}.json"
    write_whole(arguments.out / name, json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


def _profile(
    arguments: argparse.Namespace, name: str, *, cached: bool
) -> tuple[LatencyTable, float, float]:
    """A profile from nothing: the table, its seconds, and those of building."""
    folder = arguments.out / name
    shutil.rmtree(folder, ignore_errors=True)
    if not cached:
        shutil.rmtree(arguments.out / "cache", ignore_errors=True)
    os.environ |= {"HWNAS_TABLES": str(folder), "HWNAS_CACHE": str(arguments.out / "cache")}
    watch, started = Watch(), perf_counter()
    table = hwnas.profile(
        arguments.device,
        input_size=arguments.input_size,
        precision=arguments.precision,
        threads=arguments.threads,
        on_progress=watch,
    )
    return table, perf_counter() - started, watch.built_s


def _disturb(threads: int, seconds: float) -> None:
    """Load the measured processor for a third of a profile, after a third of it."""
    sleep(seconds / 3)
    process = multiprocessing.get_context("spawn").Process(
        target=_load, args=(measuring_cpus(threads)[-1], seconds / 3), daemon=True
    )
    process.start()
    process.join()


def _load(cpu: int, seconds: float) -> None:
    os.sched_setaffinity(0, [cpu])
    stop = perf_counter() + seconds
    while perf_counter() < stop:
        np.sort(np.random.default_rng(0).random(100_000))


def _ratios(
    blocks: Sequence[BlockSpec], first: LatencyTable, second: LatencyTable
) -> dict[BlockSpec, float]:
    return {block: second[block].median_ms / first[block].median_ms for block in blocks}


if __name__ == "__main__":
    main()
