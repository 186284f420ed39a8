"""Several proxies asked together: scores have no common unit, ranks do."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hwnas.accuracy.proxies.source import ZeroCostSource
from hwnas.space import Architecture, Space, random_architecture

N_REFERENCES = 50
"""Random networks among which another is ranked: steps of 2 % by each proxy."""


def average_ranks(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Rank the same networks by each proxy, and average.

    Args:
        scores: By proxy, ``(n_networks,)``, higher is expected better.

    Returns:
        ``(n_networks,)`` from 1, the worst by all, to n_networks. Equal scores share the average
        of their ranks.

    Raises:
        ValueError: No proxy, unequal lengths, or a score that is no number.
    """
    lengths = {len(column) for column in scores.values()}
    if len(lengths) != 1:
        raise ValueError(f"proxies must score the same networks, got lengths {sorted(lengths)}")
    columns = np.stack(list(scores.values()))
    if np.isnan(columns).any():
        raise ValueError("a score is no number; score_network gives WORST_SCORE instead")
    ranks: NDArray[np.float64] = stats.rankdata(columns, axis=1).mean(axis=0)
    return ranks


class RankAverage:
    """A network's rank among random networks of its space, averaged over sources.

    From 0, worse than all of them by every source, to ``N_REFERENCES``; half a rank for each that
    is equal. The first answer takes the time of scoring the references, which ``rng`` draws; an
    answer never depends on what was asked before.
    """

    def __init__(
        self, space: Space, sources: Sequence[ZeroCostSource], rng: np.random.Generator
    ) -> None:
        self._sources = sources
        self._drawn = [random_architecture(space, rng) for _ in range(N_REFERENCES)]

    def __call__(self, architecture: Architecture) -> float:
        """The average rank."""
        ranks = []
        for source, scores in zip(self._sources, self._references, strict=True):
            score = source.score(architecture)
            below, up_to = (np.searchsorted(scores, score, side) for side in ("left", "right"))
            ranks.append((below + up_to) / 2)
        return float(np.mean(ranks))

    @cached_property
    def _references(self) -> list[NDArray[np.float64]]:
        """By source, ``(N_REFERENCES,)`` scores, rising."""
        return [np.sort([source.score(one) for one in self._drawn]) for source in self._sources]
