"""Several proxies asked together: scores have no common unit, ranks do."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats


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
