"""One step of a block, as ONNX Runtime takes it."""

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
]
"""``relu`` is one that stands before a convolution, where nothing absorbs it."""


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

    ``then_added`` marks the convolution whose output the residual is added to.
    """

    kind: Kind
    reads: FeatureMap
    gives: FeatureMap
    kernel_size: int = 1
    kept: tuple[FeatureMap, ...] = ()
    then_added: bool = False

    @property
    def n_weights(self) -> int:
        """Numbers in the kernel, without the bias; 0 where there is none."""
        if self.kind == "depthwise":
            return self.gives.channels * self.kernel_size**2
        if self.kind in ("convolution", "linear"):
            return self.reads.channels * self.gives.channels * self.kernel_size**2
        return 0

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates for one image; 0 where there is no kernel."""
        return self.n_weights * self.gives.size**2
