"""Whole networks of one file, with what they are made of and their latencies by column."""

from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwnas.accuracy import BenchmarkTable, read_benchmark
from hwnas.accuracy.benchmark_table import LATENCY_PREFIX
from hwnas.errors import InvalidInputError
from hwnas.pipeline.images import usable_space
from hwnas.space import Part, Space, all_blocks, is_member, parts_of

IMAGES = (224, 3, 1000)
"""Pixels, channels and classes."""


class MeasuredNetworks:
    """Read once; many columns may be fitted on it."""

    def __init__(
        self, path: Path, space: str | None = None, images: tuple[int, int, int] = IMAGES
    ) -> None:
        """Read the file's networks of ``space``, by default of the space that the file tells.

        ``images`` are the pixels, channels and classes of a space that is named; published ones
        have their own.

        Raises:
            DataError: The file cannot be used.
            UnknownNameError: No such space.
            InvalidInputError: The file holds no networks of it.
        """
        self.benchmark, self.space = _benchmark_and_space(path, space, images)
        named = zip(self.benchmark.architectures, self.benchmark.written, strict=True)
        members = [(a, text) for a, text in named if is_member(self.space, a)]
        if not members:
            raise InvalidInputError(
                f"{path} holds no networks of space {self.space.name!r}. "
                f"Give --space {self.benchmark.space}."
            )
        self.architectures, self.written = (list(each) for each in zip(*members, strict=True))
        """Each network, and as it stands in the file."""
        self.networks = [parts_of(self.space, a) for a in self.architectures]
        known = chain(map(Part, all_blocks(self.space)), chain.from_iterable(self.networks))
        self.parts = list(dict.fromkeys(known))
        """Every part of the space or of a network of the file."""

    def __len__(self) -> int:
        return len(self.architectures)

    @property
    def columns(self) -> list[str]:
        """The devices whose latencies the file holds."""
        return [name for name in self.benchmark.columns if name.startswith(LATENCY_PREFIX)]

    def latencies_ms(self, column: str) -> NDArray[np.float64]:
        """``(n_networks,)`` of one of its columns, named with or without ``lat_ms_``.

        Raises:
            UnknownNameError: It has none of that name.
            DataError: A latency in it is not positive.
        """
        latencies = self.benchmark.values(self.benchmark.latency_column(column))
        return np.array([latencies[architecture] for architecture in self.architectures])


def _benchmark_and_space(
    path: Path, space: str | None, images: tuple[int, int, int]
) -> tuple[BenchmarkTable, Space]:
    named = None if space is None else _space(space, images)
    benchmark = read_benchmark(path, named)
    if named is not None and benchmark.space != named.name:
        raise InvalidInputError(
            f"{path} holds networks of {benchmark.space}, not of {space}. "
            f"Give --space {benchmark.space} or name another file."
        )
    return benchmark, _space(space or benchmark.space, benchmark.encoding.images)


def _space(name: str, images: tuple[int, int, int]) -> Space:
    size, channels, classes = images
    return usable_space(name, input_size=size, in_channels=channels, n_classes=classes)
