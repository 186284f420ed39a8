"""True accuracies for ``hwnas rank``, and which networks a supernet is held against."""

import numpy as np

from hwnas.accuracy import Benchmark, file_and_part, read_benchmark
from hwnas.errors import DataError, HwnasError
from hwnas.space import Architecture, Space, check_member, random_architecture

LEAST_RANKED = 2
ATTEMPTS = 50
"""Draws for each network asked for, since a small space repeats itself."""


def load_truth(named: str, space: Space) -> Benchmark:
    """The true accuracies of a space's networks, from ``FILE`` or, of one data set, ``FILE#c10``.

    Raises:
        DataError: The file is none that hwnas reads, of another space, or holds one network.
    """
    path, part = file_and_part(named)
    table = read_benchmark(path)
    try:
        check_member(space, table.architectures[0])
    except (HwnasError, IndexError) as error:
        raise DataError(
            f"{path} holds no networks of space {space.name!r}. "
            f"Give --space {table.space}, or the table of that space."
        ) from error
    if len(table.architectures) < LEAST_RANKED:
        raise DataError(f"{path} holds one network, which has no rank. Name the complete table.")
    return Benchmark(table, part)


def networks_of(truth: Benchmark, space: Space, n_samples: int, seed: int) -> list[Architecture]:
    """Networks of the truth that differ, as many as asked for or as it holds.

    They are drawn from the space; what a table of few networks still lacks then is its others.
    """
    rng = np.random.default_rng(seed)
    known = set(truth.architectures)
    n_drawn = min(n_samples, len(known))
    drawn: dict[Architecture, None] = {}
    for _ in range(ATTEMPTS * n_drawn):
        if len(drawn) == n_drawn:
            break
        architecture = random_architecture(space, rng)
        if architecture in known:
            drawn[architecture] = None
    rest = [truth.architectures[place] for place in rng.permutation(len(known))]
    return list(dict.fromkeys((*drawn, *rest)))[:n_drawn]
