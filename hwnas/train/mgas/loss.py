"""What pushes thresholds up and operations down: the regularization of MGAS."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from hwnas.network.granular import Candidate, FilterGates, RelaxedNode
from hwnas.network.granular.candidate import Sizes
from hwnas.network.granular.heaviside import kept_units
from hwnas.space.prunable import WIDTH_STEP
from hwnas.train.mgas.costs import Costs

Scalar = Float[Tensor, ""]


def threshold_loss(nodes: Iterable[RelaxedNode[Candidate]]) -> Scalar:
    """``exp(-t)`` of every threshold of a living operation, which pushes it up."""
    thresholds = [
        threshold
        for node in nodes
        for one in node.living.values()
        for threshold in one.thresholds.values()
    ]
    return torch.exp(-torch.stack(thresholds)).sum() if thresholds else torch.zeros(())


def resource_loss(
    nodes: Iterable[RelaxedNode[Candidate]],
    costs: Costs,
    *,
    count_share: float,
    cost_share: float,
) -> Scalar:
    """``log(1 + n s/Σs)`` times what it costs, over the living operations.

    ``n`` are those of its own node and ``Σs`` the sum of their strengths; costs are divided by
    their mean.
    """
    concentrations, prices = [], []
    for node in nodes:
        living = list(node.living.values())
        strengths = torch.stack([one.strength for one in living]) if living else torch.ones(0)
        shares = len(living) * strengths / strengths.sum()
        for one, share in zip(living, shares, strict=True):
            concentrations.append(torch.log1p(share))
            prices.append(operation_price(one, costs))
    if not prices:
        return torch.zeros(())
    price = torch.stack(prices)
    relative = price / price.detach().mean().clamp_min(1e-12)
    loss: Tensor = (torch.stack(concentrations) * (count_share + cost_share * relative)).sum()
    return loss


def operation_price(one: Candidate, costs: Costs) -> Scalar:
    """At its present sizes; the gates of each axis feel the slope to the next narrower one.

    The width that they feel is the sum of ``log2(1 + n g/Σg)`` over the ``n`` filters that are
    kept, ``g`` how far each is open, which is ``n`` where all are open alike. Where a table has
    the narrower one slower, which is chance, they feel nothing.
    """
    sizes = one.built_sizes
    present = price_at(one, sizes, costs)
    price = one.logit.new_tensor(present)
    for axis, gates in one.gates.items():
        narrower = max(0, sizes[axis] - WIDTH_STEP)
        below = price_at(one, sizes | {axis: narrower}, costs) if narrower >= WIDTH_STEP else 0.0
        slope = max(0.0, present - below) / (sizes[axis] - narrower)
        felt = _felt_width(gates, one.thresholds["filter"])
        price = price + slope * (felt - int(gates.alive.sum()))
    return price


def price_at(one: Candidate, sizes: Sizes, costs: Costs) -> float:
    """Of the blocks that an operation would be with these sizes."""
    return sum(map(costs.price, one.at(sizes)))


def _felt_width(gates: FilterGates, threshold: Tensor) -> Scalar:
    kept = kept_units(gates.margins(threshold), gates.alive)
    openness = gates.openness() * gates.alive
    share = gates.alive.sum() * openness / openness.sum()
    felt: Tensor = (kept * torch.log2(1 + share)).sum()
    return felt
