"""Random numbers that depend on the seed, their purpose and the epoch, and on nothing before."""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are for; no two purposes share a stream."""

    VALIDATION = 1
    PATHS = 2
    SUPERNET_BATCHES = 3
    FINETUNE_BATCHES = 4
    CALIBRATION = 5
    PROXY_IMAGES = 6
    RANK_REFERENCES = 7
    RANKED_NETWORKS = 8
    RESAMPLES = 9
    BLOCKWISE_BATCHES = 10
    LIBRARY_IMAGES = 11
    FINETUNED_NETWORKS = 12
    PRUNING_BATCHES = 13
    REGROWN = 14


def stream(seed: int, purpose: Purpose, epoch: int = 0) -> np.random.Generator:
    """The same numbers in a resumed run as in an uninterrupted one."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, epoch)))
