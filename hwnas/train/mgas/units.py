"""The units of a relaxed chain by granularity, and committing to some of them being pruned."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hwnas.network.granular import Candidate, Granularity, RelaxedNode

FINEST_FIRST: tuple[Granularity, ...] = ("weight", "filter", "op")
Shares = Mapping[Granularity, float]
BARELY = 1e-6
"""How far below the least unit a threshold comes to lie."""
HALVINGS = 14
"""Of the share that is pruned, until what is left costs what it should."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Units of which one at least is kept, unless it ``may_be_empty``.

    ``write`` takes the units that are still alive.
    """

    granularity: Granularity
    margins: Float[Tensor, " n"]
    alive: Bool[Tensor, " n"]
    write: Callable[[Tensor], None]
    may_be_empty: bool = False

    def doomed(self, *, is_ranked: bool) -> Bool[Tensor, " n"]:
        """Units that may go: those not above their threshold, or any; the last one never."""
        doomed = self.alive & ((self.margins <= 0) | is_ranked)
        if self.may_be_empty or bool((self.alive & ~doomed).any()) or not bool(self.alive.any()):
            return doomed
        best = torch.where(self.alive, self.margins, -torch.inf).argmax()
        doomed[best] = False
        return doomed


def groups_of(nodes: Iterable[RelaxedNode[Candidate]]) -> Iterator[Group]:
    """Those that are searched: the operations of a node, filters, the weights of a convolution.

    A weight's margin counts in magnitudes of its convolution: wide ones have small weights, and
    would else be emptied before narrow ones lose any.
    """
    for node in nodes:
        living = list(node.living.values())
        if living and all("op" in one.searched for one in living):
            yield _operations(living, may_be_empty=node.may_be_empty)
        for one in living:
            if one.gates is not None:
                margins = one.gates.margins(one.thresholds["filter"])
                yield _group("filter", margins, one.gates.alive)
            threshold = one.threshold("weight")
            for convolution in one.convolutions if threshold is not None else ():
                margins = convolution.margins(threshold)  # type: ignore[arg-type]
                yield _group("weight", margins / convolution.magnitude(), convolution.alive)


def commit(
    nodes: Callable[[], Iterable[RelaxedNode[Candidate]]],
    cost: Callable[[], float],
    goal: float,
    ranked: Collection[Granularity] = (),
) -> None:
    """Prune the units that are not above their thresholds for good, and no more than needed.

    Where all of them would leave less than ``goal``, those of the least margins go, the same
    share of each granularity. Of those that are ``ranked`` any unit may go, above or not, but the
    last of a group.
    """
    groups = [group for group in groups_of(nodes()) if bool(group.alive.any())]
    cuts = _Cuts(groups, ranked)
    whole = dict.fromkeys(FINEST_FIRST, 1.0)

    def reaches(shares: Shares) -> bool:
        cuts.prune(shares)
        return cost() <= goal

    if not reaches(whole):
        return
    least, most = _halved(lambda share: reaches(dict.fromkeys(FINEST_FIRST, share)), 0.0)
    begun = dict.fromkeys(FINEST_FIRST, least)
    for granularity in FINEST_FIRST:  # rather than an operation, filters or weights alone
        if reaches(begun | {granularity: 1.0}):
            _, share = _halved(lambda s, g=granularity: reaches(begun | {g: s}), least)  # type: ignore[misc]
            cuts.prune(begun | {granularity: share})
            return
    cuts.prune(dict.fromkeys(FINEST_FIRST, most))


@torch.no_grad()
def settle(nodes: Iterable[RelaxedNode[Candidate]]) -> None:
    """Lower thresholds to just below the least unit that is still alive.

    So training goes on with what was committed, and not with what its thresholds would leave.
    """
    for node in nodes:
        for one in node.living.values():
            for granularity, threshold in one.thresholds.items():
                margins = list(_alive_margins(one, granularity, threshold))
                least = min(float(margin) for margin in margins)
                threshold += min(0.0, least - BARELY)


def _alive_margins(one: Candidate, granularity: str, threshold: Tensor) -> Iterator[Tensor]:
    """The least of each of its groups of that granularity."""
    if granularity == "op":
        yield one.margin
    elif granularity == "filter" and one.gates is not None:
        yield one.gates.margins(threshold)[one.gates.alive].min()
    else:
        for convolution in one.convolutions:
            yield convolution.margins(threshold)[convolution.alive].min()


def _halved(reaches: Callable[[float], bool], least: float) -> tuple[float, float]:
    """The share up to 1 from which on the goal is reached, within bounds."""
    most = 1.0
    for _ in range(HALVINGS):
        share = (least + most) / 2
        least, most = (least, share) if reaches(share) else (share, most)
    return least, most


class _Cuts:
    """Prunes shares of the doomed units, always from the same state."""

    def __init__(self, groups: list[Group], ranked: Collection[Granularity]) -> None:
        self._groups = groups
        self._doomed = [g.doomed(is_ranked=g.granularity in ranked) for g in groups]
        self._ranks: list[Tensor] = [torch.empty(0)] * len(groups)
        self._n_doomed: dict[Granularity, int] = {}
        for granularity in FINEST_FIRST:
            self._rank(granularity)

    def prune(self, shares: Shares) -> None:
        """So many of the doomed units of each granularity, by least margin."""
        for group, doomed, ranks in zip(self._groups, self._doomed, self._ranks, strict=True):
            n = round(shares[group.granularity] * self._n_doomed[group.granularity])
            group.write(group.alive & ~(doomed & (ranks < n)))

    def _rank(self, granularity: Granularity) -> None:
        """Number the doomed units of all groups of a granularity by their margins."""
        places = [i for i, g in enumerate(self._groups) if g.granularity == granularity]
        self._n_doomed[granularity] = sum(int(self._doomed[i].sum()) for i in places)
        if not places:
            return
        margins = torch.cat([self._groups[i].margins for i in places])
        margins[~torch.cat([self._doomed[i] for i in places])] = torch.inf
        ranks = torch.empty(len(margins), dtype=torch.int64, device=margins.device)
        order = margins.argsort(stable=True)
        ranks[order] = torch.arange(len(margins), device=margins.device)
        split = torch.split(ranks, [len(self._groups[i].margins) for i in places])
        for place, of_group in zip(places, split, strict=True):
            self._ranks[place] = of_group


def _operations(living: list[Candidate], *, may_be_empty: bool) -> Group:
    def write(alive: Tensor) -> None:
        for one, is_alive in zip(living, alive, strict=True):
            one.alive.copy_(is_alive)

    return Group(
        granularity="op",
        margins=torch.stack([one.margin for one in living]).detach(),
        alive=torch.ones(len(living), dtype=torch.bool, device=living[0].logit.device),
        write=write,
        may_be_empty=may_be_empty,
    )


def _group(granularity: Granularity, margins: Tensor, alive: Tensor) -> Group:
    def write(kept: Tensor) -> None:
        alive.copy_(kept.reshape(alive.shape))

    return Group(
        granularity=granularity,
        margins=margins.detach().flatten(),
        alive=alive.clone().flatten(),
        write=write,
    )
