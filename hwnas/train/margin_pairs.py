"""RD-NAS's margin sampler: pairs of networks that are far apart, so that their order is plain."""

import numpy as np

from hwnas.space import Architecture, Distance, Space, random_architecture

MAX_DRAWS = 100
"""About half of all draws are far enough, so that all of these fail about never."""

Pair = tuple[Architecture, Architecture]


def margin_pair(space: Space, distance: Distance, rng: np.random.Generator) -> Pair:
    """A uniform network, and another drawn until it is at least the mean distance away.

    The authors' thresholds, 6.7 for Group distance and 4.5 for Hamming distance on NAS-Bench-201,
    are the mean distances of two random networks there; the mean is what carries over to other
    spaces. After ``MAX_DRAWS`` draws the farthest of them is taken.
    """
    one = random_architecture(space, rng)
    farthest, apart = one, -1.0
    least = distance.mean
    for _ in range(MAX_DRAWS):
        other = random_architecture(space, rng)
        between = distance(one, other)
        if between > apart:
            farthest, apart = other, between
        if apart >= least:
            break
    return one, farthest
