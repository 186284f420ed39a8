"""How many filters are built where so many are kept, and which widths are timed."""

from collections.abc import Mapping

import numpy as np

WIDTH_STEP = 8
"""Filters that are kept are rounded up to a multiple of this: engines work on vectors anyway."""

Widths = Mapping[str, int]
"""Branch to hidden channels, of what is left of a node; empty where it is skipped."""


def measured_widths(full: int, n: int) -> tuple[int, ...]:
    """At most ``n`` from the narrowest to ``full``, on a geometric scale: those that are timed."""
    least = min(WIDTH_STEP, full)
    return tuple(sorted({evened(round(width), full) for width in np.geomspace(least, full, n)}))


def evened(n_kept: int, full: int) -> int:
    """As many filters as ``n_kept`` become in hardware's steps, all of them at most."""
    return min(full, -(-n_kept // WIDTH_STEP) * WIDTH_STEP)
