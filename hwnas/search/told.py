"""Which networks look best by what a search learned: by its scores, or by all it was told."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Pool
from hwnas.search.regression import Regression
from hwnas.space import Architecture, Decision


def best_scored(
    networks: Iterable[Architecture],
    decisions: Sequence[Decision],
    scores: Mapping[str, Mapping[str, float]],
    n: int,
) -> list[Architecture]:
    """``n`` of the networks, best score first; equal ones in the order of their names."""
    rows = [scores[decision.name] for decision in decisions]

    def score(architecture: Architecture) -> float:
        return sum(row[option] for row, option in zip(rows, architecture.choices, strict=True))

    return heapq.nsmallest(n, networks, key=lambda a: (-score(a), a.choices))


def expected_of(
    candidates: Sequence[Architecture],
    decisions: Sequence[Decision],
    told: Mapping[Architecture, float],
) -> NDArray[np.float64]:
    """``(n_candidates,)`` how good each is by a regression over what was told, in no unit."""
    pool = Pool(decisions)
    rows = np.array([pool.row(architecture) for architecture in told])
    accuracies = np.array(list(told.values()))
    regression = Regression([len(decision.options) for decision in decisions])
    regression.fit(rows, accuracies, regression.learned(rows, accuracies))
    return regression.expected(np.array([pool.row(candidate) for candidate in candidates]))
