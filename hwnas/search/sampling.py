"""Which networks to evaluate first, so that a regression learns most from few."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Places, Pool

Matrix = NDArray[np.float64]
N_CANDIDATES = 20
"""Networks looked at for one that is chosen to fill the space."""


@dataclass(frozen=True)
class Sampler:
    """Draws new networks that fit; ``sums`` says their attributes, ``theta`` how to draw."""

    pool: Pool
    sums: Callable[[Places], Matrix]
    theta: Matrix
    rng: np.random.Generator

    def random(self, n: int, known: Places) -> Places:
        """Up to ``n`` others than the known, uniformly."""
        drawn = self.pool.draw(n + len(known), self.theta, self.rng)
        return others(drawn, known)[:n]

    def filling(self, n: int, known: Places) -> Places:
        """Up to ``n``, each as far as can be from all before it (Kennard and Stone 1969).

        Far by standardised attributes, among ``N_CANDIDATES`` random networks for each. The very
        first is any.
        """
        drawn = self.random(N_CANDIDATES * n, known)
        if len(known):
            return drawn[farthest(self.sums(drawn), self.sums(known), n)]
        first = drawn[[self.rng.integers(len(drawn))]]
        rest = others(drawn, first)
        chosen = farthest(self.sums(rest), self.sums(first), n - 1)
        return np.concatenate([first, rest[chosen]])


def others(rows: Places, known: Places) -> Places:
    """Those rows that are not among the known, each once, in their order."""
    taken = set(map(tuple, known.tolist()))
    new = [row for row in dict.fromkeys(map(tuple, rows.tolist())) if row not in taken]
    return np.array(new, dtype=np.int64).reshape(-1, rows.shape[1])


def farthest(candidates: Matrix, known: Matrix, n: int) -> list[int]:
    """Up to ``n`` candidates, each the farthest from the known and those chosen before it.

    Args:
        candidates: ``(n_candidates, n_attributes)``.
        known: ``(n_known, n_attributes)``.
        n: How many.
    """
    every = np.concatenate([candidates, known])
    scale = np.where(np.ptp(every, axis=0) > 0, every.std(axis=0), 1.0)
    candidates, known = candidates / scale, known / scale
    nearest = np.full(len(candidates), np.inf)
    for row in known:
        nearest = np.minimum(nearest, np.square(candidates - row).sum(axis=1))
    chosen: list[int] = []
    for _ in range(min(n, len(candidates))):
        nearest[chosen] = -1.0
        at = int(nearest.argmax())
        chosen.append(at)
        nearest = np.minimum(nearest, np.square(candidates - candidates[at]).sum(axis=1))
    return chosen


PLANS: Mapping[str, str] = {
    "random": "uniformly",
    "filling": "as far from each other as can be",
    "annealing": "a third to fill the space, then half of each batch near what looks best so far",
}
"""How a search spreads its asks."""
