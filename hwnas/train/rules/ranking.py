"""``rd``: two networks a step, kept in the order a zero-cost teacher puts them in.

Ranking distillation (RD-NAS, Dong et al., ICASSP 2023). Where the teacher holds ``a`` the better:

    CE(a) + CE(b) + weight(epoch) * max(0, CE(a) - CE(b))

on the same mini-batch, ``a`` and ``b`` from the margin sampler. The hinge's gradient flows through
``a``, the better network, only. The authors' code lets it flow through whichever network was drawn
second, and so makes that one worse where it is the weaker.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from hwnas.space import Distance, Space
from hwnas.train.margin_pairs import margin_pair
from hwnas.train.rank_weight import RankWeight
from hwnas.train.rules.step import Step
from hwnas.train.teacher import Teacher


class RankingDistillation:
    """Pairs far apart, ranked by ``teacher``; a pair it holds equal is trained without a hinge."""

    n_paths = 2

    def __init__(
        self, space: Space, teacher: Teacher, weight: RankWeight, distance: Distance
    ) -> None:
        self._space = space
        self._teacher = teacher
        self._weight = weight
        self._distance = distance

    def backward(self, step: Step) -> None:
        """See ``Rule.backward``."""
        one, other = margin_pair(self._space, self._distance, step.rng)
        worth_one, worth_other = self._teacher(one), self._teacher(other)
        better, worse = (one, other) if worth_one > worth_other else (other, one)
        loss_better = step.cross_entropy(step.logits(better))
        loss_worse = step.cross_entropy(step.logits(worse))
        loss = loss_better + loss_worse
        if worth_one != worth_other:
            weight = self._weight(step.epoch / step.n_epochs)
            loss = loss + weight * ranking_hinge(loss_better, loss_worse)
        loss.backward()  # type: ignore[no-untyped-call]


def ranking_hinge(better: Float[Tensor, ""], worse: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """How much larger the better network's loss is; its gradient flows into ``better`` only."""
    return torch.clamp(better - worse.detach(), min=0.0)
