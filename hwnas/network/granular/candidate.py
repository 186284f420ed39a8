"""Operations that may be pruned: each with its weight, its thresholds, its gates and masks."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import cast

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from hwnas.block import BlockSpec, HeadSpec, ThinMBConvSpec
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.gates import FilterGates, Granularity, MaskedConv
from hwnas.space.prunable import evened

Filters = Int64[Tensor, " kept"]


class Candidate(nn.Module, ABC):
    """What any operation has: a weight, a threshold a granularity, and whether it is alive.

    ``full_width`` are its filters as the space has them, ``width`` those that it was built with.
    """

    alive: Bool[Tensor, ""]

    def __init__(
        self, width: int, full_width: int, searched: Collection[Granularity], *, has_gates: bool
    ) -> None:
        super().__init__()
        self.width, self.full_width = width, full_width
        self.searched = frozenset(searched) - (set() if has_gates else {"filter"})
        self.logit = nn.Parameter(torch.zeros(()))
        self.thresholds = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(())) for name in sorted(self.searched)}
        )
        self.register_buffer("alive", torch.ones((), dtype=torch.bool))
        self.gates = FilterGates(width) if "filter" in self.searched else None

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
        return [part for part in self.modules() if isinstance(part, MaskedConv)]

    @property
    def n_kept(self) -> int:
        """Filters that are alive."""
        return self.width if self.gates is None else int(self.gates.alive.sum())

    @property
    def built_width(self) -> int:
        """Filters that it will be built with: those alive, in hardware's steps."""
        return evened(self.n_kept, self.width)

    def built_filters(self) -> Filters:
        """Those alive and, to fill up hardware's steps, the first of the others, in order."""
        if self.gates is None:
            return torch.arange(self.width, device=self.logit.device)
        alive_first = self.gates.alive.int().argsort(descending=True, stable=True)
        return torch.sort(alive_first[: self.built_width])[0]

    def n_zeros(self) -> int:
        """Weights pruned among the filters that it will be built with."""
        filters = self.built_filters()
        return sum(int((~kept).sum()) for kept in self.alive_weights(filters))

    def n_weights(self) -> int:
        """Weights that may be pruned among the filters that it will be built with."""
        return sum(kept.numel() for kept in self.alive_weights(self.built_filters()))

    def alive_weights(self, filters: Filters) -> Iterator[Tensor]:
        """The masks of its convolutions, cut to some filters."""
        for mask, axis in self.weight_masks():
            yield mask.index_select(axis, filters)

    def dead_weights(self) -> Iterator[Bool[Tensor, "out inside height width"]]:
        """Of each convolution the weights pruned, but for those of filters that are pruned too."""
        for mask, axis in self.weight_masks():
            shape = [1] * mask.ndim
            shape[axis] = -1
            yield ~mask if self.gates is None else ~mask & self.gates.alive.view(shape)

    def revive(self, filters: Filters) -> None:
        """Filters that were pruned, as new: gates as at first, and all of their weights."""
        if self.gates is None:
            raise ValueError("an operation without gates has no filters to revive")
        with torch.no_grad():
            self.gates.logits[filters] = 0.0
            self.gates.alive[filters] = True
            for mask, axis in self.weight_masks():
                mask.index_fill_(axis, filters, value=True)

    @abstractmethod
    def weight_masks(self) -> Iterator[tuple[Tensor, int]]:
        """The masks of its convolutions, and which of their axes is that of the filters."""

    @abstractmethod
    def at(self, width: int) -> BlockSpec:
        """The block that it would be with so many filters."""

    @abstractmethod
    def thinned(self) -> "Candidate":
        """The same operation, built with the filters that are left."""

    def gate(self, features: FeatureMap) -> FeatureMap:
        """Through the filters' gates, where there are any."""
        if self.gates is None:
            return features
        return cast(Tensor, self.gates(features, self.thresholds["filter"]))

    def scales(self, filters: Filters) -> Float[Tensor, " kept"]:
        """What the gates of some filters multiply them by; 0 for one that only fills up."""
        if self.gates is None:
            return torch.ones(len(filters), device=self.logit.device)
        return (self.gates.openness() * self.gates.alive).detach()[filters]

    def _take_shared(self, other: "Candidate", filters: Filters) -> None:
        """Weight, thresholds and gates of some filters of another one; fillers stay closed."""
        with torch.no_grad():
            self.logit.copy_(other.logit)
            self.alive.copy_(other.alive)
            for name, threshold in self.thresholds.items():
                threshold.copy_(other.thresholds[name])
            if self.gates is not None and other.gates is not None:
                self.gates.logits.copy_(other.gates.logits[filters])
                self.gates.alive.copy_(other.gates.alive[filters])


class MBConvCandidate(Candidate):
    """An inverted residual without its residual; its hidden channels are the filters."""

    def __init__(
        self, block: ThinMBConvSpec, full_width: int, searched: Collection[Granularity]
    ) -> None:
        hidden = block.hidden_channels
        super().__init__(hidden, full_width, searched, has_gates=block.expands)
        self.block = block
        self.activation = ACTIVATION_MODULES[block.activation]()
        self.expand = MaskedConv(block.in_channels, hidden) if block.expands else None
        self.expand_norm = nn.BatchNorm2d(hidden) if block.expands else None
        self.filter = MaskedConv(hidden, hidden, block.kernel_size, block.stride, groups=hidden)
        self.filter_norm = nn.BatchNorm2d(hidden)
        self.project = MaskedConv(hidden, block.out_channels)
        self.project_norm = nn.BatchNorm2d(block.out_channels)

    def forward(self, features: FeatureMap) -> FeatureMap:
        """Shapes as the block says."""
        threshold = self.threshold("weight")
        if self.expand is not None and self.expand_norm is not None:
            features = self.activation(self.expand_norm(self.expand.masked(features, threshold)))
        filtered = self.gate(self.filter_norm(self.filter.masked(features, threshold)))
        projected = self.project.masked(self.activation(filtered), threshold)
        return cast(Tensor, self.project_norm(projected))

    def at(self, width: int) -> ThinMBConvSpec:
        """The block that it would be with so many filters."""
        return replace(self.block, hidden_channels=width)

    def thinned(self) -> "MBConvCandidate":
        """The same operation, built with the filters that are left."""
        filters = self.built_filters()
        thin = MBConvCandidate(self.at(len(filters)), self.full_width, self.searched)
        thin._take_shared(self, filters)
        if self.expand is not None and thin.expand is not None:
            _take_conv(thin.expand, self.expand, (filters, slice(None)))
            _take_norm(thin.expand_norm, self.expand_norm, filters)
        _take_conv(thin.filter, self.filter, (filters, slice(None)))
        _take_norm(thin.filter_norm, self.filter_norm, filters)
        _take_conv(thin.project, self.project, (slice(None), filters))
        thin.project_norm.load_state_dict(self.project_norm.state_dict())
        return thin

    def weight_masks(self) -> Iterator[tuple[Tensor, int]]:
        """The masks of its convolutions, and which of their axes is that of the filters."""
        if self.expand is not None:
            yield self.expand.alive, 0
        yield self.filter.alive, 0
        yield self.project.alive, 1


class HeadCandidate(Candidate):
    """The classifier; the channels of its 1×1 convolution are the filters."""

    def __init__(
        self, block: HeadSpec, full_width: int, searched: Collection[Granularity]
    ) -> None:
        super().__init__(block.hidden_channels, full_width, searched, has_gates=True)
        self.block = block
        self.widen = MaskedConv(block.in_channels, block.hidden_channels)
        self.norm = nn.BatchNorm2d(block.hidden_channels)
        self.activation = ACTIVATION_MODULES[block.activation]()
        self.classify = nn.Linear(block.hidden_channels, block.n_classes)

    def forward(self, features: FeatureMap) -> Float[Tensor, "batch classes"]:
        """One logit a class."""
        widened = self.norm(self.widen.masked(features, self.threshold("weight")))
        pooled = self.activation(self.gate(widened)).mean((2, 3))
        return cast(Tensor, self.classify(pooled))

    def at(self, width: int) -> HeadSpec:
        """The block that it would be with so many filters."""
        return replace(self.block, hidden_channels=width)

    def thinned(self) -> "HeadCandidate":
        """The same classifier, built with the filters that are left."""
        filters = self.built_filters()
        thin = HeadCandidate(self.at(len(filters)), self.full_width, self.searched)
        thin._take_shared(self, filters)
        _take_conv(thin.widen, self.widen, (filters, slice(None)))
        _take_norm(thin.norm, self.norm, filters)
        with torch.no_grad():
            thin.classify.weight.copy_(self.classify.weight[:, filters])
            thin.classify.bias.copy_(self.classify.bias)
        return thin

    def weight_masks(self) -> Iterator[tuple[Tensor, int]]:
        """The mask of its convolution, whose first axis is that of the filters."""
        yield self.widen.alive, 0


def _take_conv(
    thin: MaskedConv, whole: MaskedConv, cut: tuple[Filters | slice, Filters | slice]
) -> None:
    with torch.no_grad():
        thin.weight.copy_(whole.weight[cut])
        thin.alive.copy_(whole.alive[cut])


def _take_norm(
    thin: nn.BatchNorm2d | None, whole: nn.BatchNorm2d | None, filters: Filters
) -> None:
    if thin is None or whole is None:
        return
    state = whole.state_dict()
    cut = {name: value[filters] if value.ndim else value for name, value in state.items()}
    thin.load_state_dict(cut)
