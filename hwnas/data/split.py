"""Splitting labelled images so that every class is in both halves."""

import numpy as np
from numpy.typing import NDArray


def stratified_split(
    labels: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold out ``share`` of every class, at least one image, and keep at least one.

    Args:
        labels: ``(n,)``, every class at least twice.
        share: Between 0 and 1.
        rng: Chooses which are held out.

    Returns:
        The indices that are kept and those that are held out, each ascending.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
    is_held_out = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < 2:
            raise ValueError(f"label {label} occurs once and cannot be split")
        n_held_out = min(max(round(share * len(members)), 1), len(members) - 1)
        is_held_out[rng.permutation(members)[:n_held_out]] = True
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
