"""True accuracies for ``hwnas rank``, and which networks a supernet is held against."""

from hwnas.accuracy import Benchmark, file_and_part, read_benchmark
from hwnas.errors import DataError
from hwnas.space import Architecture, Space, is_member, random_architecture
from hwnas.train.streams import Purpose, stream

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
    n_members = sum(is_member(space, architecture) for architecture in table.architectures)
    if not n_members:
        raise DataError(
            f"{path} holds no networks of space {space.name!r}. "
            f"Give --space {table.space}, or the table of that space."
        )
    if n_members < LEAST_RANKED:
        raise DataError(f"{path} holds one network, which has no rank. Name the complete table.")
    return Benchmark(table, part)


def networks_of(truth: Benchmark, space: Space, n_samples: int, seed: int) -> list[Architecture]:
    """Networks of truth and space that differ, as many as asked for or as there are.

    They are drawn from the space; what a table of few networks still lacks then is its others.
    """
    rng = stream(seed, Purpose.RANKED_NETWORKS)
    known = [a for a in truth.architectures if is_member(space, a)]
    n_drawn = min(n_samples, len(known))
    wanted = set(known)
    drawn: dict[Architecture, None] = {}
    for _ in range(ATTEMPTS * n_drawn):
        if len(drawn) == n_drawn:
            break
        architecture = random_architecture(space, rng)
        if architecture in wanted:
            drawn[architecture] = None
    rest = [known[place] for place in rng.permutation(len(known))]
    return list(dict.fromkeys((*drawn, *rest)))[:n_drawn]
