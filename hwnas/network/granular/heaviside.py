"""What is kept: a step function of how far a unit is above its threshold, and its gradient."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Units = Float[Tensor, "*units"]

NEAR, FAR = 0.4, 1.0
"""Margins up to which the gradient falls in a line, and from which on it is nothing."""
TAIL = 0.4
"""The gradient between both."""


class _Heaviside(torch.autograd.Function):
    """1 above 0, else 0; its gradient is a peak at 0 with a long tail to both sides.

    ``2 - 4|x|`` up to ``NEAR``, ``TAIL`` up to ``FAR`` (Liu et al. 2020, dynamic sparse
    training, whose estimator MGAS takes).
    """

    @staticmethod
    def forward(ctx: Any, margins: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(margins)
        return (margins > 0).to(margins.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ANN401
        (margins,) = ctx.saved_tensors
        return gradients[0] * long_tail(margins)


def long_tail(margins: Units) -> Units:
    """The gradient that stands in for that of the step."""
    distance = margins.abs()
    near = 2 - 4 * distance
    tail = torch.full_like(distance, TAIL)
    beyond = torch.zeros_like(distance)
    return torch.where(distance <= NEAR, near, torch.where(distance <= FAR, tail, beyond))


def heaviside(margins: Units) -> Units:
    """1 where the margin is above 0, else 0; differentiable by ``long_tail``."""
    kept: Tensor = _Heaviside.apply(margins)  # type: ignore[no-untyped-call]
    return kept


def kept_units(
    margins: Units, alive: Bool[Tensor, "*units"], *, may_be_empty: bool = False
) -> Units:
    """1 for each unit that is alive and above its threshold, else 0.

    Of units none of which is above, the one of the largest margin is kept, unless a group
    ``may_be_empty`` or none is alive.
    """
    kept = heaviside(margins) * alive
    if may_be_empty or bool(kept.detach().any()) or not bool(alive.any()):
        return kept
    best = torch.where(alive, margins.detach(), -torch.inf).flatten().argmax()
    last = torch.zeros_like(kept).flatten()
    last[best] = 1.0
    return kept + last.reshape(kept.shape)
