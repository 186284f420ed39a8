"""The operators ONNX Runtime makes of a block, and the feature maps each reads and gives."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from hwnas.block import BlockSpec, ConvSpec, DispatchSpec, HeadSpec, MBConvSpec

Kind = Literal["convolution", "depthwise", "linear", "pool", "scale", "add", "hard_swish"]


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


def operators_of(block: BlockSpec, *, fused: bool = False) -> Iterator[Operator]:
    """The block's operators in the order in which they run; BatchNorm and ReLU are no steps.

    ``fused``: hard-swish and the residual addition are part of the convolution before them, as
    in float32, and the addition happens in the residual's own memory.
    """
    for op in _unfused(block):
        if not fused:
            yield op
        elif op.kind not in ("hard_swish", "add"):
            yield replace(op, kept=()) if op.then_added else op


def _unfused(block: BlockSpec) -> Iterator[Operator]:
    reads = FeatureMap(block.in_channels, block.input_size)
    if isinstance(block, MBConvSpec):
        yield from _mbconv(block, reads)
    elif isinstance(block, ConvSpec):
        yield from _conv(block, reads)
    elif isinstance(block, HeadSpec):
        yield from _head(block, reads)
    elif isinstance(block, DispatchSpec):
        yield Operator(kind="pool", reads=reads, gives=FeatureMap(block.out_channels, 1))
    else:
        raise TypeError(f"nobody said which operators {block} is made of")


def _conv(block: ConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="convolution", reads=reads, gives=gives, kernel_size=block.kernel_size)
    yield from _activation(block.activation, gives)


def _head(block: HeadSpec, reads: FeatureMap) -> Iterator[Operator]:
    hidden = FeatureMap(block.hidden_channels, block.input_size)
    pooled = FeatureMap(block.hidden_channels, 1)
    yield Operator(kind="convolution", reads=reads, gives=hidden)
    yield from _activation(block.activation, hidden)
    yield Operator(kind="pool", reads=hidden, gives=pooled)
    yield Operator(kind="linear", reads=pooled, gives=FeatureMap(block.n_classes, 1))


def _mbconv(block: MBConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    residual = (reads,) if block.has_residual else ()
    wide = FeatureMap(block.hidden_channels, block.input_size)
    filtered = FeatureMap(block.hidden_channels, block.output_size)
    gives = FeatureMap(block.out_channels, block.output_size)
    if block.expansion > 1:
        yield Operator(kind="convolution", reads=reads, gives=wide)
        yield from _activation(block.activation, wide, residual)
    yield Operator(
        kind="depthwise",
        reads=wide,
        gives=filtered,
        kernel_size=block.kernel_size,
        kept=residual if block.expansion > 1 else (),
    )
    yield from _activation(block.activation, filtered, residual)
    if block.se_channels:
        yield from _squeeze_excite(block, filtered, residual)
    yield Operator(
        kind="convolution",
        reads=filtered,
        gives=gives,
        kept=residual,
        then_added=block.has_residual,
    )
    if block.has_residual:
        yield Operator(kind="add", reads=gives, gives=gives, kept=residual)


def _squeeze_excite(
    block: MBConvSpec, filtered: FeatureMap, residual: tuple[FeatureMap, ...]
) -> Iterator[Operator]:
    gate, squeezed = FeatureMap(block.hidden_channels, 1), FeatureMap(block.se_channels, 1)
    kept = (*residual, filtered)
    yield Operator(kind="pool", reads=filtered, gives=gate, kept=residual)
    yield Operator(kind="convolution", reads=gate, gives=squeezed, kept=kept)
    yield Operator(kind="convolution", reads=squeezed, gives=gate, kept=kept)
    yield Operator(kind="scale", reads=filtered, gives=filtered, kept=(*residual, gate))


def _activation(
    name: str, features: FeatureMap, kept: tuple[FeatureMap, ...] = ()
) -> Iterator[Operator]:
    if name == "hard_swish":
        yield Operator(kind="hard_swish", reads=features, gives=features, kept=kept)
