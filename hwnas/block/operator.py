"""One step of a block, as ONNX Runtime takes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "convolution",
    "depthwise",
    "linear",
    "pool",
    "scale",
    "add",
    "residual_add",
    "relu",
    "hard_swish",
    "slice",
    "concat",
    "sigmoid",
    "swish",
    "product",
    "softmax",
    "copy",
]
"""``relu`` is one that stands before a convolution, where nothing absorbs it; ``swish`` multiplies
by what ``sigmoid`` gave; a ``product`` is of two feature maps; a ``copy`` moves elements.
"""


@dataclass(frozen=True)
class FeatureMap:
    """Channels of square images."""

    channels: int
    size: int

    @property
    def n_elements(self) -> int:
        """Numbers in one image's map."""
        return self.channels * self.size**2


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One step of a block; ``kept`` are the maps alive beside the one read and the one given.

    ``then_added`` marks the convolution whose output the residual is added to. A convolution in
    groups reads the channels of its group alone; a product sums ``n_summed`` numbers an element.
    """

    kind: Kind
    reads: FeatureMap
    gives: FeatureMap
    kernel_size: int = 1
    kept: tuple[FeatureMap, ...] = ()
    then_added: bool = False
    n_groups: int = 1
    n_summed: int = 0

    @property
    def n_weights(self) -> int:
        """Numbers in the kernel, without the bias; 0 where there is none."""
        if self.kind == "depthwise":
            return self.gives.channels * self.kernel_size**2
        if self.kind in ("convolution", "linear"):
            n_read = self.reads.channels // self.n_groups
            return n_read * self.gives.channels * self.kernel_size**2
        return 0

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image; 0 where there is neither kernel nor product."""
        return self.n_weights * self.gives.size**2 + self.n_summed * self.gives.n_elements


def activation_operators(
    name: str, features: FeatureMap, kept: tuple[FeatureMap, ...] = ()
) -> Iterator[Operator]:
    """Those of an activation after a convolution; ReLU is part of that."""
    if name == "hard_swish":
        yield Operator(kind="hard_swish", reads=features, gives=features, kept=kept)
    if name == "swish":
        yield Operator(kind="sigmoid", reads=features, gives=features, kept=kept)
        yield Operator(kind="swish", reads=features, gives=features, kept=(*kept, features))
