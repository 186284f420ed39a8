"""The order in which images are seen in one epoch."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def shuffled_batches(
    n: int, batch_size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Indices ``0 … n - 1`` in random order, ``batch_size`` at a time.

    An incomplete last batch is dropped, as BatchNorm learns little from it, unless it is the
    only one.
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"n and batch_size must be at least 1, got {n=} and {batch_size=}")
    order = rng.permutation(n)
    starts = range(0, max(n - batch_size, 0) + 1, batch_size)
    return (order[start : start + batch_size] for start in starts)
