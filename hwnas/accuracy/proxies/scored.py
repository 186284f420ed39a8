"""One network's score by one proxy, and how long that took."""

import math
import sys
from dataclasses import dataclass

import torch
from torch import nn

from hwnas.accuracy.proxies.protocol import Proxy
from hwnas.measure import Stopwatch
from hwnas.train.images import Batch

WORST_SCORE = -sys.float_info.max
"""The score of a network whose proxy overflows or is no number; finite, so JSON keeps it."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Higher is expected better; ``seconds`` is the work on this machine, never a latency."""

    score: float
    seconds: float


def score_network(proxy: Proxy, network: nn.Module, batch: Batch, *, seed: int = 0) -> Scored:
    """The proxy's score, or ``WORST_SCORE`` where that is infinite or no number.

    Equal seeds give equal scores, whatever was scored before.
    """
    watch = Stopwatch()
    with watch.running():
        score = proxy(network, batch, torch.Generator().manual_seed(seed))
    return Scored(score=score if math.isfinite(score) else WORST_SCORE, seconds=watch.seconds)
