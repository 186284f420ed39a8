"""Networks from the worst to the best, for a regression that is to hold from end to end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Places

JITTER = 0.5
"""So much that one block's weight is told from another's (benchmarks/donna/README.md)."""
ATTEMPTS = 100


def spanning(
    merits: Sequence[NDArray[np.float64]],
    n: int,
    rng: np.random.Generator,
    jitter: float = JITTER,
) -> Places:
    """Up to ``n`` distinct networks, evenly from worst to best.

    Drawn uniformly, networks would nearly all be middling: bad and good blocks even out. Where
    all blocks of a network rank alike, nothing tells which of them its accuracy comes from.

    Args:
        merits: For each decision ``(n_options,)`` how good its options are.
        n: How many.
        rng: Where chance comes from.
        jitter: Deviation of a block's rank around that of its network, as a share of all ranks.

    Returns:
        ``(n_found, n_decisions)`` places of options; fewer only where no more are found.
    """
    ordered = [np.argsort(merit, kind="stable") for merit in merits]
    found: dict[tuple[int, ...], None] = {}
    for attempt in range(ATTEMPTS):
        wanted = np.linspace(0, 1, n) if not attempt else rng.random(n)
        for share in wanted:
            ranks = np.clip(share + jitter * rng.standard_normal(len(ordered)), 0, 1)
            ranked = zip(ranks, ordered, strict=True)
            row = tuple(int(options[round(rank * (len(options) - 1))]) for rank, options in ranked)
            if len(found) < n:
                found.setdefault(row)
        if len(found) == n:
            break
    return np.array(list(found), dtype=np.int64)
