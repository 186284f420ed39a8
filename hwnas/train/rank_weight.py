"""How much ranking counts beside the labels as training goes on: RD-NAS's four schedules.

Published over 70 epochs. Here each is a function of the share of training that is done, so that
its shape stays and a run of 70 epochs has exactly the published values.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from hwnas.record import unknown_name

PUBLISHED_EPOCHS = 70

RankWeight = Callable[[float], float]
"""From the share of epochs done, 0 at the first epoch, to the weight of the hinge."""


def constant(done: float) -> float:
    """1 from first to last."""
    return 1.0


def warmup(done: float) -> float:
    """``min(2, epoch / 10)``: in a line from 0 to 2, and there it stays."""
    return min(2.0, PUBLISHED_EPOCHS * done / 10)


def cosine(done: float) -> float:
    """``2 sin(0.8 pi epoch / n_epochs)``: 2 at five eighths, 1.18 at the end."""
    return 2.0 * math.sin(0.8 * math.pi * done)


def multi_stage(done: float) -> float:
    """0 to epoch 5, up to 2 at epoch 20, 2 to epoch 50, down to 0.1 at epoch 70."""
    return float(np.interp(PUBLISHED_EPOCHS * done, (5, 20, 50, 70), (0.0, 2.0, 2.0, 0.1)))


RANK_WEIGHTS: Mapping[str, RankWeight] = {
    "constant": constant,
    "warmup": warmup,
    "cosine": cosine,
    "multi-stage": multi_stage,
}


def rank_weight_named(name: str) -> RankWeight:
    """A schedule of the hinge's weight.

    Raises:
        UnknownNameError: No such schedule.
    """
    if name not in RANK_WEIGHTS:
        raise unknown_name("rank weight", name, RANK_WEIGHTS)
    return RANK_WEIGHTS[name]
