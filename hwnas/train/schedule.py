"""How the learning rate moves from the first step to the last."""

import math


def cosine(first: float, last: float, done: float) -> float:
    """A learning rate that falls from ``first`` to ``last`` as ``done`` goes from 0 to 1."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def warmed_up_cosine(done: float, warmup_share: float) -> float:
    """The share of the largest rate: up in a line from a 25th, then down along a cosine to 0."""
    if done < warmup_share:
        return 0.04 + 0.96 * done / warmup_share
    return cosine(1.0, 0.0, (done - warmup_share) / (1 - warmup_share))
