"""FOX-NAS's own 300 networks, as architectures of the space ``foxnas-cpu``.

The authors' file tells each stage's first block and how many others of each kind follow.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwnas.space import Attributes, Space, attributes_of, space_named

STAGES = (("16", "24"), ("24", "40"), ("40", "80"), ("80", "112"), ("112", "160"))
"""Widths that a stage comes from and has; the attention of a stage is in its column's name."""
ATTENTION = {"24": "mbcv", "40": "se", "80": "mbcv", "112": "se", "160": "se"}


@dataclass(frozen=True)
class Published:
    """``(n, n_decisions)`` networks; ImageNet accuracies in per cent, milliseconds at 256 px."""

    space: Space
    rows: NDArray[np.int64]
    accuracies: NDArray[np.float64]
    latencies_ms: NDArray[np.float64]

    @property
    def attributes(self) -> Attributes:
        """Of the space."""
        return attributes_of(self.space)


def read_published(path: Path) -> Published:
    """Read ``foxnas_cpu256_acc_latency.csv``."""
    space = space_named("foxnas-cpu", input_size=256, in_channels=3, n_classes=1000)
    with path.open(encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    return Published(
        space=space,
        rows=np.array([_row(space, network) for network in told]),
        accuracies=np.array([float(network["acc"]) for network in told]),
        latencies_ms=np.array([float(network["latency"]) for network in told]),
    )


def _row(space: Space, network: dict[str, str]) -> list[int]:
    chosen = {"input_size": "256"}
    for number, (before, width) in enumerate(STAGES, start=2):
        blocks = [_first(network, before, width), *_later(network, width)]
        blocks += ["skip"] * (4 - len(blocks))
        chosen |= {f"stage{number}.block{at}": block for at, block in enumerate(blocks, start=1)}
    return [d.options.index(chosen.get(d.name, d.options[0])) for d in space.decisions]


def _first(network: dict[str, str], before: str, width: str) -> str:
    return f"k{network[f'tot_k_{before}_{width}']}e{network[f'tot_e_{before}_{width}']}"


def _later(network: dict[str, str], width: str) -> list[str]:
    kinds = [(kernel, expansion) for expansion in (2, 3, 4, 6) for kernel in (3, 5, 7)]
    return [
        f"k{kernel}e{expansion}"
        for kernel, expansion in kinds
        for _ in range(int(network[f"{ATTENTION[width]}_e{expansion}_k{kernel}_{width}_I"]))
    ]
