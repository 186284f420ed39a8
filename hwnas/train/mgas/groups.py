"""The units of a relaxed network in groups, and how much each unit counts among all others."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hwnas.network.granular import Candidate, Granularity, RelaxedNode

Price = Callable[[Candidate], float]


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
    strengths = torch.stack([one.strength for _, living in searched for one in living]).detach()
    evenly = spread(margins, torch.ones_like(margins, dtype=torch.bool)) / strengths.mean()
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
