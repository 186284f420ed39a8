"""The networks that fit: all of a small space, draws from a large one."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwnas.errors import NoNetworkFitsError
from hwnas.search.terms import Fits, anything_fits
from hwnas.space import Architecture, Decision

Places = NDArray[np.int64]
"""``(n, n_decisions)``: which option each network takes of each decision."""

MAX_LISTED = 50_000
"""Networks of a space that is looked through from end to end."""
N_TRIES, MAX_ROUNDS = 500, 20
"""Draws from a larger space at a time, or as many as are wanted; and how many times."""


@dataclass(frozen=True)
class Variants:
    """As many blocks of ``rows`` as pairs of ``decisions`` and ``places``, which line up."""

    rows: Places
    decisions: NDArray[np.int64]
    places: NDArray[np.int64]


class Pool:
    """Draws distinct networks that fit."""

    def __init__(self, decisions: Sequence[Decision], fits: Fits = anything_fits) -> None:
        self._decisions = tuple(decisions)
        self._fits = fits
        self._n_options = tuple(len(decision.options) for decision in decisions)

    @cached_property
    def listed(self) -> Places | None:
        """Every network that fits; ``None`` where the space is too large to list."""
        if math.prod(self._n_options) > MAX_LISTED:
            return None
        rows = np.array(list(itertools.product(*map(range, self._n_options))), dtype=np.int64)
        every = itertools.product(*(decision.options for decision in self._decisions))
        return rows[[self._fits(Architecture(choices)) for choices in every]]

    def architecture(self, row: Sequence[int] | NDArray[np.int64]) -> Architecture:
        """The network of one row."""
        chosen = zip(self._decisions, row, strict=True)
        return Architecture(tuple(decision.options[place] for decision, place in chosen))

    def row(self, architecture: Architecture) -> tuple[int, ...]:
        """The places of the network's options."""
        chosen = zip(self._decisions, architecture.choices, strict=True)
        return tuple(decision.options.index(option) for decision, option in chosen)

    def draw(self, n: int, theta: NDArray[np.float64], rng: np.random.Generator) -> Places:
        """Up to ``n`` distinct networks: uniformly from the list, or by ``theta`` without one.

        Args:
            n: How many.
            theta: ``(n_decisions, n_options)`` how likely an option is; rows sum to 1.
            rng: Where chance comes from.

        Raises:
            NoNetworkFitsError: None fits, or none was found in a space too large to list.
        """
        if self.listed is not None and not len(self.listed):
            raise NoNetworkFitsError("No network fits. Raise the limit of the search.")
        if self.listed is not None:
            return self.listed if len(self.listed) <= n else rng.permutation(self.listed)[:n]
        found: dict[tuple[int, ...], None] = {}
        n_tries = max(n, N_TRIES)
        for _ in range(MAX_ROUNDS):
            rows = np.stack([rng.choice(len(row), n_tries, p=row) for row in theta], axis=1)
            found |= dict.fromkeys(map(tuple, self.fitting(rows).tolist()))
            if len(found) >= n:
                break
        if not found:
            raise NoNetworkFitsError(
                f"None of {n_tries * MAX_ROUNDS} random networks fits. Raise the limit, or "
                "search by ddpnas, which generates networks that fit."
            )
        return np.array(list(found)[:n])

    def variants(self, rows: Places) -> Variants:
        """These networks with each option of each decision in turn put in, fitting or not."""
        return variants(rows, self._n_options)

    def neighbours(self, rows: Places) -> Places:
        """The networks that fit and differ from one of these in a single decision at most."""
        return self.fitting(np.unique(self.variants(rows).rows, axis=0))

    def fitting(self, rows: Places) -> Places:
        """Those of these networks that fit."""
        return rows[self.fits_each(rows)]

    def fits_each(self, rows: Places) -> NDArray[np.bool_]:
        """``(n,)`` which of these networks fit."""
        if self._fits is anything_fits:
            return np.ones(len(rows), dtype=bool)
        if self.listed is not None:
            return np.isin(self._serial(rows), self._serial(self.listed))
        fit = [self._fits(self.architecture(row)) for row in rows.tolist()]
        return np.array(fit, dtype=bool)

    def _serial(self, rows: Places) -> NDArray[np.int64]:
        serial: NDArray[np.int64] = np.ravel_multi_index(tuple(rows.T), self._n_options)
        return serial


def variants(rows: Places, n_options: Sequence[int]) -> Variants:
    """These networks with each option of each decision in turn put in."""
    pairs = [(decision, place) for decision, n in enumerate(n_options) for place in range(n)]
    changed = np.tile(rows, (len(pairs), 1, 1))
    for index, (decision, place) in enumerate(pairs):
        changed[index, :, decision] = place
    decisions, places = np.array(pairs).T
    return Variants(changed.reshape(-1, len(n_options)), decisions, places)


def uniform(decisions: Sequence[Decision]) -> NDArray[np.float64]:
    """``(n_decisions, n_options)`` every option as likely as the others of its decision."""
    n_options = np.array([len(decision.options) for decision in decisions])
    exists = np.arange(n_options.max()) < n_options[:, None]
    theta: NDArray[np.float64] = exists / n_options[:, None]
    return theta
