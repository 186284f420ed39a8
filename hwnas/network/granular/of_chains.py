"""The operations of a chain of inverted residuals, and its classifier."""

from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar, Self, cast

from jaxtyping import Float
from torch import Tensor, nn

from hwnas.block import HeadSpec, ThinMBConvSpec
from hwnas.network.activation import ACTIVATION_MODULES
from hwnas.network.cell_modules import FeatureMap
from hwnas.network.granular.candidate import Candidate, Sizes
from hwnas.network.granular.gates import Granularity, MaskedConv

HIDDEN = "hidden"


class MBConvCandidate(Candidate):
    """An inverted residual without its residual; its hidden channels are the filters."""

    AXES: ClassVar = {
        "expand": (HIDDEN, None, None, None),
        "expand_norm": (HIDDEN,),
        "filter": (HIDDEN, None, None, None),
        "filter_norm": (HIDDEN,),
        "project": (None, HIDDEN, None, None),
        "project_norm": (None,),
    }

    def __init__(
        self, block: ThinMBConvSpec, full_width: int, searched: Collection[Granularity]
    ) -> None:
        hidden = block.hidden_channels
        gated = (HIDDEN,) if block.expands else ()
        super().__init__({HIDDEN: hidden}, {HIDDEN: full_width}, searched, gated)
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
        filtered = self.filter_norm(self.filter.masked(features, threshold))
        active = self.activation(self.gate(filtered, HIDDEN))
        return cast(Tensor, self.project_norm(self.project.masked(active, threshold)))

    def sized(self, sizes: Sizes) -> Self:
        """One with other hidden channels."""
        (block,) = self.at(sizes)
        return type(self)(block, self.full_sizes[HIDDEN], self.searched)

    def at(self, sizes: Sizes) -> tuple[ThinMBConvSpec]:
        """The block that it would be with so many hidden channels."""
        return (replace(self.block, hidden_channels=sizes[HIDDEN]),)


class HeadCandidate(Candidate):
    """The classifier; the channels of its 1×1 convolution are the filters."""

    AXES: ClassVar = {
        "widen": (HIDDEN, None, None, None),
        "norm": (HIDDEN,),
        "classify": (None, HIDDEN),
    }

    def __init__(
        self, block: HeadSpec, full_width: int, searched: Collection[Granularity]
    ) -> None:
        width = block.hidden_channels
        super().__init__({HIDDEN: width}, {HIDDEN: full_width}, searched, (HIDDEN,))
        self.block = block
        self.widen = MaskedConv(block.in_channels, block.hidden_channels)
        self.norm = nn.BatchNorm2d(block.hidden_channels)
        self.activation = ACTIVATION_MODULES[block.activation]()
        self.classify = nn.Linear(block.hidden_channels, block.n_classes)

    def forward(self, features: FeatureMap) -> Float[Tensor, "batch classes"]:
        """One logit a class."""
        widened = self.norm(self.widen.masked(features, self.threshold("weight")))
        pooled = self.activation(self.gate(widened, HIDDEN)).mean((2, 3))
        return cast(Tensor, self.classify(pooled))

    def sized(self, sizes: Sizes) -> Self:
        """One with other hidden channels."""
        (block,) = self.at(sizes)
        return type(self)(block, self.full_sizes[HIDDEN], self.searched)

    def at(self, sizes: Sizes) -> tuple[HeadSpec]:
        """The block that it would be with so many hidden channels."""
        return (replace(self.block, hidden_channels=sizes[HIDDEN]),)
