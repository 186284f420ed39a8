"""Operations that may be pruned: each with its weight, its thresholds, its gates and masks."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar, Self, cast

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from hwnas.block import BlockSpec
from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.cut import Cuts, take
from hwnas.network.granular.gates import FilterGates, Granularity, MaskedConv
from hwnas.space.prunable import evened

Filters = Int64[Tensor, " kept"]
Sizes = Mapping[str, int]
"""Axis to how many channels it has."""


class Candidate(nn.Module, ABC):
    """What any operation has: a weight, a threshold a granularity, and whether it is alive.

    ``sizes`` are those it is built with, ``full_sizes`` as the space has them. The channels of
    the axes that are ``gated`` are its filters. ``source`` says which of a node's inputs it reads.
    """

    AXES: ClassVar[Mapping[str, tuple[str | None, ...]]] = {}
    """Of its layers, which axis each dimension of their weights is."""
    alive: Bool[Tensor, ""]
    source: int = 0

    def __init__(
        self,
        sizes: Sizes,
        full_sizes: Sizes,
        searched: Collection[Granularity],
        gated: Collection[str],
    ) -> None:
        """Of the granularities ``searched`` it has those for which it has units."""
        super().__init__()
        self.sizes, self.full_sizes = dict(sizes), dict(full_sizes)
        self.searched = frozenset(searched) - (set() if gated else {"filter"})
        self.logit = nn.Parameter(torch.zeros(()))
        self.thresholds = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(())) for name in sorted(self.searched)}
        )
        self.register_buffer("alive", torch.ones((), dtype=torch.bool))
        axes = gated if "filter" in self.searched else ()
        self._gates = nn.ModuleDict({axis: FilterGates(self.sizes[axis]) for axis in axes})

    @property
    def gates(self) -> dict[str, FilterGates]:
        """Of each axis whose channels may be pruned."""
        return dict(self._gates.items())  # type: ignore[arg-type]

    def threshold(self, granularity: Granularity) -> Tensor | None:
        """Of that granularity, if it is searched here."""
        return cast(Tensor, self.thresholds[granularity]) if granularity in self.searched else None

    @property
    def strength(self) -> Float[Tensor, ""]:
        """By which what it gives is multiplied, before it is or is not pruned."""
        return torch.sigmoid(self.logit) if "op" in self.searched else torch.ones_like(self.logit)

    @property
    def margin(self) -> Float[Tensor, ""]:
        """How far its strength is above the threshold."""
        margin: Tensor = self.strength - self.thresholds["op"]
        return margin

    @property
    def convolutions(self) -> list[MaskedConv]:
        """Those whose weights may be pruned."""
        if "weight" not in self.searched:
            return []
        return [convolution for convolution, _ in self._convolutions()]

    def alive_filters(self, axis: str) -> Bool[Tensor, " channels"]:
        """The channels of an axis that are not pruned for good: all of them without gates."""
        if axis in self._gates:
            return self.gates[axis].alive
        return torch.ones(self.sizes[axis], dtype=torch.bool, device=self.logit.device)

    @property
    def built_sizes(self) -> dict[str, int]:
        """With the filters that are alive alone, in hardware's steps."""
        kept = {axis: int(gates.alive.sum()) for axis, gates in self.gates.items()}
        return self.sizes | {axis: evened(n, self.sizes[axis]) for axis, n in kept.items()}

    def built_filters(self, axis: str) -> Filters:
        """Those alive and, to fill up hardware's steps, the first of the others, in order."""
        if axis not in self._gates:
            return torch.arange(self.sizes[axis], device=self.logit.device)
        alive = self.gates[axis].alive
        alive_first = alive.int().argsort(descending=True, stable=True)
        n_built = evened(int(alive.sum()), self.sizes[axis])
        return torch.sort(alive_first[:n_built])[0]

    @property
    def built_cuts(self) -> Cuts:
        """The filters that it would be built with on its own."""
        return {axis: self.built_filters(axis) for axis in self._gates}

    def n_zeros(self, cuts: Cuts) -> int:
        """Weights pruned one by one, among the channels of some cuts."""
        return sum(int((~kept).sum()) for kept in self.alive_weights(cuts))

    def n_weights(self, cuts: Cuts) -> int:
        """Weights that may be pruned one by one, among the channels of some cuts."""
        return sum(kept.numel() for kept in self.alive_weights(cuts))

    def alive_weights(self, cuts: Cuts) -> Iterator[Tensor]:
        """The masks of its convolutions, cut to some channels of each axis."""
        for layer, axes in self._convolutions():
            mask = layer.alive
            for dim, axis in enumerate(axes):
                if axis is not None and axis in cuts:
                    mask = mask.index_select(dim, cuts[axis])
            yield mask

    def dead_weights(self) -> Iterator[Bool[Tensor, "out inside height width"]]:
        """Of each convolution the weights pruned, but for those of filters that are pruned too."""
        pairs = zip(self.convolutions, self.closed_weights(), strict=True)
        return (~layer.alive & ~closed for layer, closed in pairs)

    def closed_weights(self) -> Iterator[Bool[Tensor, "out inside height width"]]:
        """Of each of ``convolutions`` the weights of filters that are pruned, or that read one."""
        for layer, axes in self._convolutions() if self.convolutions else ():
            closed = torch.zeros_like(layer.alive)
            for dim, axis in enumerate(axes):
                if axis is not None and axis in self._gates:
                    shape = [1] * closed.ndim
                    shape[dim] = -1
                    closed = closed | ~self.gates[axis].alive.view(shape)
            yield closed

    def revive(self, axis: str, filters: Filters) -> None:
        """Filters that were pruned: gates as at first, and all weights as they last were."""
        with torch.no_grad():
            self.gates[axis].logits[filters] = 0.0
            self.gates[axis].alive[filters] = True
            for layer, axes in self._convolutions():
                for dim, name in enumerate(axes):
                    if name == axis:
                        layer.alive.index_fill_(dim, filters, value=True)

    def gate(self, features: FeatureMap, axis: str) -> FeatureMap:
        """Through the gates of the filters of an axis, where there are any."""
        if axis not in self._gates:
            return features
        return cast(Tensor, self.gates[axis](features, self.thresholds["filter"]))

    def scales(self, axis: str) -> Float[Tensor, " channels"]:
        """What the gates of an axis multiply by; 0 for a filter that only fills up."""
        if axis not in self._gates:
            return torch.ones(self.sizes[axis], device=self.logit.device)
        gates = self.gates[axis]
        return (gates.openness() * gates.alive).detach()

    @torch.no_grad()
    def cut(self, cuts: Cuts) -> Self:
        """The same operation with some channels of some axes; -1 stands for one it lacked.

        Such a channel reads with zeros, gives nothing and is closed.
        """
        made = self.sized(self.sizes | {axis: len(cut) for axis, cut in cuts.items()})
        made.to(self.logit.device).train(self.training)
        made.source = self.source
        made.logit.copy_(self.logit)
        made.alive.copy_(self.alive)
        for name, threshold in made.thresholds.items():
            threshold.copy_(self.thresholds[name])
        for axis, gates in self.gates.items():
            take(made.gates[axis], gates, (axis,), cuts)
        for layer, axes in self.AXES.items():
            if getattr(self, layer) is not None:
                take(getattr(made, layer), getattr(self, layer), axes, cuts)
        return made

    def _convolutions(self) -> Iterator[tuple[MaskedConv, tuple[str | None, ...]]]:
        for name, axes in self.AXES.items():
            layer = getattr(self, name)
            if isinstance(layer, MaskedConv):
                yield layer, axes

    @abstractmethod
    def sized(self, sizes: Sizes) -> Self:
        """One of the same kind with other sizes, not trained."""

    @abstractmethod
    def at(self, sizes: Sizes) -> tuple[BlockSpec, ...]:
        """The blocks, in a row, that it would be with these sizes."""
