"""The same work on many files, a few at a time; Pillow and disks let threads run side by side."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

ITEMS_A_TASK = 64
"""Enough that handing out a task costs nothing beside a task of the smallest images."""

MOST_THREADS = 8
"""Decoding small files holds Python's lock half of the time; more threads only wait."""


def in_threads(
    work: Callable[[Item], Outcome], items: Sequence[Item], report: Callable[[int], None]
) -> list[Outcome]:
    """The outcome of every item in order; ``report`` is told how many are done, in this thread."""
    tasks = [items[start : start + ITEMS_A_TASK] for start in range(0, len(items), ITEMS_A_TASK)]
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(max_workers=min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        for part in pool.map(lambda task: [work(item) for item in task], tasks):
            outcomes += part
            report(len(outcomes))
    return outcomes
