"""Which memory layout trains a supernet fastest on this processor.

    taskset -c 0 env OMP_NUM_THREADS=1 python benchmarks/ranking/layouts.py --out layouts.json

The same networks run forward and backward on the same random images, layouts in turn, so that
drift hits all alike. Seconds of the processor, not of the clock: other work does not count.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hwnas.network import Supernet
from hwnas.space import Architecture, random_architecture, space_named
from hwnas.whole_file import write_whole

SPACES = ("nasbench201", "nasbench-macro", "mobilenet")
LAST, FIRST = torch.channels_last, torch.contiguous_format
LAYOUTS: Mapping[str, tuple[torch.memory_format, torch.memory_format]] = {
    "images last, weights first": (LAST, FIRST),
    "images and weights last": (LAST, LAST),
    "images and weights first": (FIRST, FIRST),
}
"""Where channels lie in the images and in the shared weights."""


def main() -> None:
    """Time every space and layout, and write what each round took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--spaces", nargs="+", choices=SPACES, default=SPACES)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--input-size", type=int, default=32)
    parser.add_argument("--networks", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    found = {space: seconds_of(space, arguments) for space in arguments.spaces}
    settings = {key: value for key, value in vars(arguments).items() if key != "out"}
    document = {"settings": settings, "seconds": found, "torch": torch.__version__}
    text = json.dumps(document, indent=2) + "\n"
    write_whole(arguments.out, text)
    print(text)


def seconds_of(name: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """By layout, what all networks take together in each round, rising."""
    space = space_named(name, input_size=arguments.input_size, in_channels=3, n_classes=10)
    rng = np.random.default_rng(0)
    networks = [random_architecture(space, rng) for _ in range(arguments.networks)]
    images = torch.randn(arguments.batch, 3, arguments.input_size, arguments.input_size)
    labels = torch.arange(arguments.batch) % 10
    made = {}
    for layout, (of_images, of_weights) in LAYOUTS.items():
        supernet = Supernet(space, torch.Generator().manual_seed(0))
        supernet.to(memory_format=of_weights)  # type: ignore[call-overload]
        made[layout] = (supernet, images.contiguous(memory_format=of_images))
    times: dict[str, list[float]] = {layout: [] for layout in LAYOUTS}
    for _ in range(arguments.rounds):
        for layout, (supernet, batch) in made.items():
            step = stepper(supernet, batch, labels)
            times[layout].append(sum(map(step, networks)))
    return {layout: [round(t, 2) for t in sorted(of)] for layout, of in times.items()}


def stepper(supernet: Supernet, images: Tensor, labels: Tensor) -> Callable[[Architecture], float]:
    """A function that trains a network on the batch, and returns the processor's seconds."""

    def step(architecture: Architecture) -> float:
        supernet.zero_grad()
        started = process_time()
        functional.cross_entropy(supernet(images, architecture), labels).backward()  # type: ignore[no-untyped-call]
        return process_time() - started

    return step


if __name__ == "__main__":
    main()
