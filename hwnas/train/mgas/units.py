"""Committing to some units of a relaxed network being pruned, and settling thresholds by it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from hwnas.network.granular import Candidate, Granularity, RelaxedNode
from hwnas.train.mgas.groups import Group, Price, groups_of

Nodes = Callable[[], Iterable[RelaxedNode[Candidate]]]
Cost = Callable[[], float]
FINEST_FIRST: tuple[Granularity, ...] = ("weight", "filter", "op")
BARELY = 1e-6
"""How far below the least unit a threshold comes to lie at least."""


def commit(
    nodes: Nodes,
    cost: Cost,
    goal: float,
    *,
    ranked: Collection[Granularity] = (),
    price: Price | None = None,
    most_share: float = 1.0,
) -> None:
    """Prune the units that are not above their thresholds for good, and no more than needed.

    Where all of them would leave less than ``goal``, those of the least margins go, whatever
    their granularity, as if all thresholds were lower. Of those that are ``ranked`` any unit may
    go, as if all thresholds were higher, but the last of a group. No group of filters or weights
    loses more than ``most_share``. Shares of granularities follow from what they learned; none
    is given.
    """
    groups = _living_groups(nodes, price)
    if not groups:
        return
    cuts = _Cuts(groups, ranked, most_share)

    def reaches(n: int, n_finer: int = 0, finer: int = 0) -> bool:
        cuts.prune(n, n_finer, finer)
        return cost() <= goal

    if not reaches(cuts.n_doomed):
        return
    n = _least(reaches, 0, cuts.n_doomed)
    for finer in cuts.finer_than(n - 1) if n else ():  # rather than one that takes much at once
        if reaches(n - 1, cuts.n_doomed, finer):
            most = _least(lambda m, finer=finer: reaches(n - 1, m, finer), 0, cuts.n_doomed)  # type: ignore[misc]
            cuts.prune(n - 1, most, finer)
            return
    cuts.prune(n)


def cost_above(nodes: Nodes, cost: Cost, price: Price | None = None) -> float:
    """What it would cost without all units that are not above their thresholds."""
    groups = _living_groups(nodes, price)
    if not groups:
        return cost()
    cuts = _Cuts(groups, (), 1.0)
    cuts.prune(cuts.n_doomed)
    found = cost()
    cuts.prune(0)
    return found


def _living_groups(nodes: Nodes, price: Price | None) -> list[Group]:
    return [group for group in groups_of(nodes(), price) if bool(group.alive.any())]


@torch.no_grad()
def narrow(nodes: Nodes, cost: Cost, goal: float, price: Price) -> None:
    """Leave one operation of each node that has several: the best, or the cheapest if need be.

    The best ones of the nodes go first that lose the least margin for what they save.
    """
    pairs: list[tuple[Candidate, Candidate]] = []
    for node in nodes():
        living = [one for one in node.living.values() if "op" in one.searched]
        best = max(living, key=lambda one: float(one.margin), default=None)
        for one in living:
            one.alive.fill_(one is best)
        cheapest = min(living, key=price, default=None)
        if best is not None and cheapest is not None and price(cheapest) < price(best):
            pairs.append((best, cheapest))

    def loss(pair: tuple[Candidate, Candidate]) -> float:
        best, cheapest = pair
        return float(best.margin - cheapest.margin) / (price(best) - price(cheapest))

    for best, cheapest in sorted(pairs, key=loss):
        if cost() <= goal:
            return
        best.alive.fill_(value=False)
        cheapest.alive.fill_(value=True)


@torch.no_grad()
def settle(
    nodes: Iterable[RelaxedNode[Candidate]], rise: Callable[[Tensor], float] = lambda _: 0.0
) -> None:
    """Lower thresholds below the least unit that is still alive, by as much as each rose at last.

    So training goes on with what was committed, and not with what its thresholds would leave: at
    the same rate they come to that unit by the next commit, and do not pass all others before.
    """
    for node in nodes:
        for one in node.living.values():
            for granularity, threshold in one.thresholds.items():
                margins = torch.cat(list(_alive_margins(one, granularity, threshold)))
                if len(margins):
                    threshold += min(0.0, float(margins.min()) - max(BARELY, rise(threshold)))


def _alive_margins(one: Candidate, granularity: str, threshold: Tensor) -> Iterator[Tensor]:
    """Of each of its groups of that granularity."""
    if granularity == "op":
        yield one.margin[None]
    elif granularity == "filter":
        for gates in one.gates.values():
            yield gates.margins(threshold)[gates.alive]
    else:
        for convolution, closed in zip(one.convolutions, one.closed_weights(), strict=True):
            yield convolution.margins(threshold)[convolution.alive & ~closed]


def _least(reaches: Callable[[int], bool], least: int, most: int) -> int:
    """The smallest number from ``least`` on that does, where ``most`` does."""
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if reaches(middle) else (middle + 1, most)
    return most


class _Cuts:
    """Prunes units by their margins, whatever their granularity, always from the same state."""

    def __init__(
        self, groups: list[Group], ranked: Collection[Granularity], most_share: float
    ) -> None:
        self._groups = groups
        of_groups = [
            group.doomed(is_ranked=group.granularity in ranked, most_share=most_share)
            for group in groups
        ]
        doomed = torch.cat(of_groups)
        margins = torch.cat([group.margins for group in groups])
        sizes = [len(group.margins) for group in groups]
        self._ends = np.cumsum([0, *sizes]).tolist()
        sorts = np.repeat([FINEST_FIRST.index(group.granularity) for group in groups], sizes)
        order = margins.argsort(stable=True)
        self._order = order[doomed[order]]
        self._sorts = torch.from_numpy(sorts).to(order.device)[self._order]
        self._alive = torch.cat([group.alive for group in groups])

    @property
    def n_doomed(self) -> int:
        """Units that may go."""
        return len(self._order)

    def finer_than(self, rank: int) -> range:
        """How many granularities, finest first, may go instead of the unit of this rank."""
        return range(1, int(self._sorts[rank]) + 1)

    def prune(self, n: int, n_finer: int = 0, finer: int = 0) -> None:
        """The ``n`` units of the least margins, and of ``finer`` granularities so many in all."""
        alive = self._alive.clone()
        alive[self._order[:n]] = False
        alive[self._order[self._sorts < finer][:n_finer]] = False
        for group, (begin, end) in zip(self._groups, pairwise(self._ends), strict=True):
            group.write(alive[begin:end])
