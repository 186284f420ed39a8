"""The units of a relaxed network by granularity, and committing to some of them being pruned."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hwnas.network.granular import Candidate, Granularity, RelaxedNode

Nodes = Callable[[], Iterable[RelaxedNode[Candidate]]]
Cost = Callable[[], float]
Price = Callable[[Candidate], float]
FINEST_FIRST: tuple[Granularity, ...] = ("weight", "filter", "op")
BARELY = 1e-6
"""How far below the least unit a threshold comes to lie."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Units of which the best one is kept, and the ``cheapest`` if it is told, unless all may go.

    ``write`` takes the units that are still alive.
    """

    granularity: Granularity
    margins: Float[Tensor, " n"]
    alive: Bool[Tensor, " n"]
    write: Callable[[Tensor], None]
    may_be_empty: bool = False
    cheapest: int | None = None

    def doomed(self, *, is_ranked: bool, most_share: float = 1.0) -> Bool[Tensor, " n"]:
        """Units that may go: those not above their threshold, or any; the last one never.

        Of filters or weights no more than ``most_share``, the least ones.
        """
        doomed = self.alive & ((self.margins <= 0) | is_ranked)
        if self.granularity != "op":
            n_most = int(most_share * int(self.alive.sum()))
            least_first = torch.where(doomed, self.margins, torch.inf).argsort(stable=True)
            doomed[least_first[n_most:]] = False
        if self.may_be_empty:
            return doomed
        if self.cheapest is not None:
            doomed[self.cheapest] = False
        best = torch.where(self.alive, self.margins, -torch.inf).argmax()
        doomed[best] = False
        return doomed


def groups_of(
    nodes: Iterable[RelaxedNode[Candidate]], price: Price | None = None
) -> Iterator[Group]:
    """Those that are searched: the operations of a node, filters, the weights of a convolution.

    Each counts relative to the mean of its kind: operations to that of all nodes, filters and
    weights to that of their own layer, times what their operation counts, for an operation is
    worth as much as its parts together. Operations and filters count as ``spread`` says. Weights
    of filters that were pruned are left alone: the last of a convolution is to be one that
    counts. With a ``price`` the cheapest operation of a node is not pruned before ``narrow`` is
    called.
    """
    given = list(nodes)
    yield from _groups_of_operations(given, price)
    living = [one for node in given for one in node.living.values()]
    if not living:
        return
    strengths = torch.stack([one.strength for one in living]).detach()
    for one, worth in zip(living, strengths / strengths.mean(), strict=True):
        for gates in one.gates.values():
            margins = spread(gates.margins(one.thresholds["filter"]), gates.alive)
            relative = margins / gates.openness()[gates.alive].mean()
            yield _group("filter", worth * relative, gates.alive)
        for convolution, closed in zip(one.convolutions, one.closed_weights(), strict=True):
            margins = convolution.margins(one.thresholds["weight"])
            yield _group("weight", worth * margins, convolution.alive, closed)


def spread(margins: Float[Tensor, " n"], alive: Bool[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Margins above 0 in their order, evenly from 0 to twice their mean.

    Gates of an operation are so much alike that it would else keep all of its filters while
    another loses all but one: how their means differ now tells how many of each go. Operations
    are as much alike, and would else all stay until filters and weights are nearly gone.
    """
    above = alive & (margins > 0)
    n, order = int(above.sum()), margins[above].argsort(stable=True)
    evenly = torch.arange(1, n + 1, dtype=margins.dtype, device=margins.device) / (n + 1)
    found, placed = margins.clone(), torch.empty_like(margins[above])
    placed[order] = 2 * margins[above].mean() * evenly
    found[above] = placed
    return found


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


def _groups_of_operations(
    nodes: Iterable[RelaxedNode[Candidate]], price: Price | None
) -> Iterator[Group]:
    searched = [
        (node, living)
        for node in nodes
        if (living := list(node.living.values())) and all("op" in one.searched for one in living)
    ]
    if not searched:
        return
    margins = torch.stack([one.margin for _, living in searched for one in living]).detach()
    strengths = torch.stack([one.strength for _, living in searched for one in living])
    evenly = (
        spread(margins, torch.ones_like(margins, dtype=torch.bool)) / strengths.mean().detach()
    )
    of_nodes = torch.split(evenly, [len(living) for _, living in searched])
    for (node, living), of_node in zip(searched, of_nodes, strict=True):
        prices = None if price is None else [price(one) for one in living]
        yield Group(
            granularity="op",
            margins=of_node,
            alive=torch.ones_like(of_node, dtype=torch.bool),
            write=_writes(living),
            may_be_empty=node.may_be_empty,
            cheapest=None if prices is None else prices.index(min(prices)),
        )


def _writes(living: Iterable[Candidate]) -> Callable[[Tensor], None]:
    def write(alive: Tensor) -> None:
        for one, is_alive in zip(living, alive, strict=True):
            one.alive.copy_(is_alive)

    return write


def _group(
    granularity: Granularity, margins: Tensor, alive: Tensor, closed: Tensor | None = None
) -> Group:
    left_alone = torch.zeros_like(alive) if closed is None else alive & closed

    def write(kept: Tensor) -> None:
        alive.copy_(kept.reshape(alive.shape) | left_alone)

    return Group(
        granularity=granularity,
        margins=margins.detach().flatten(),
        alive=(alive & ~left_alone).flatten(),
        write=write,
    )
