"""The operators ONNX Runtime makes of a block, and the feature maps each reads and gives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from hwnas.block.conv import ConvSpec, PreactConvSpec, StemSpec
from hwnas.block.dispatch import DispatchSpec
from hwnas.block.head import HeadSpec, LinearHeadSpec, NormHeadSpec
from hwnas.block.join import (
    AddSpec,
    ConcatSpec,
    PoolSpec,
    ReluSpec,
    ScaleSpec,
    UnevenConcatSpec,
    ZeroSpec,
)
from hwnas.block.mbconv import FusedMBConvSpec, GroupedMBConvSpec, MBConvSpec
from hwnas.block.operator import FeatureMap, Operator, activation_operators
from hwnas.block.reduce import FactorizedReduceSpec, ThinReduceSpec
from hwnas.block.residual import LinearResidualSpec, PreactResidualSpec, ResidualSpec
from hwnas.block.separable import DilConvSpec, SepConvSpec, ThinSepConvSpec
from hwnas.block.spec import BlockSpec
from hwnas.block.thin import ThinMBConvSpec

FUSED = ("hard_swish", "swish", "softmax", "residual_add")
"""In float32 these need no memory of their own."""


def operators_of(block: BlockSpec, *, fused: bool = False) -> Iterator[Operator]:
    """The block's operators in the order in which they run; BatchNorm and ReLU are no steps.

    ``fused``: activations and the residual addition are part of the convolution before them, as
    in float32, and the addition happens in the residual's own memory. A block that has
    ``operators(reads)`` says them itself.
    """
    reads = FeatureMap(block.in_channels, block.input_size)
    made = getattr(block, "operators", None) or partial(_listed(block), block)
    for op in made(reads):
        if not fused:
            yield op
        elif op.kind not in FUSED:
            yield replace(op, kept=()) if op.then_added else op


def _listed(block: BlockSpec) -> Callable[[Any, FeatureMap], Iterator[Operator]]:
    if type(block) not in OPERATORS:
        raise TypeError(f"nobody said which operators {block} is made of")
    return OPERATORS[type(block)]


def _conv(block: ConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="convolution", reads=reads, gives=gives, kernel_size=block.kernel_size)
    yield from activation_operators(block.activation, gives)


def _preact_conv(block: PreactConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="relu", reads=reads, gives=reads)
    yield Operator(kind="convolution", reads=reads, gives=gives, kernel_size=block.kernel_size)


def _preact_residual(block: PreactResidualSpec, reads: FeatureMap) -> Iterator[Operator]:
    """The shortcut is computed first and kept."""
    gives = FeatureMap(block.out_channels, block.output_size)
    pooled = FeatureMap(block.in_channels, block.output_size)
    yield Operator(kind="pool", reads=reads, gives=pooled)
    yield Operator(kind="convolution", reads=pooled, gives=gives, kept=(reads,))
    for first in (reads, gives):
        yield Operator(kind="relu", reads=first, gives=first, kept=(gives,))
        yield Operator(
            kind="convolution",
            reads=first,
            gives=gives,
            kernel_size=3,
            kept=(gives,),
            then_added=first == gives,
        )
    yield Operator(kind="residual_add", reads=gives, gives=gives, kept=(gives,))


def _residual(block: ResidualSpec, reads: FeatureMap) -> Iterator[Operator]:
    """A shortcut that is a convolution is computed first and kept."""
    mid = FeatureMap(block.mid_channels, block.output_size)
    gives = FeatureMap(block.out_channels, block.output_size)
    if block.has_projection:
        yield Operator(kind="convolution", reads=reads, gives=gives)
    shortcut = gives if block.has_projection else reads
    yield Operator(
        kind="convolution",
        reads=reads,
        gives=mid,
        kernel_size=3,
        kept=(shortcut,) if block.has_projection else (),
    )
    yield Operator(
        kind="convolution",
        reads=mid,
        gives=gives,
        kernel_size=3,
        kept=(shortcut,),
        then_added=True,
    )
    yield Operator(kind="residual_add", reads=gives, gives=gives, kept=(shortcut,))


def _sep_conv(block: SepConvSpec | ThinSepConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    filtered = FeatureMap(block.in_channels, block.output_size)
    mid = FeatureMap(block.hidden_channels, block.output_size)
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="relu", reads=reads, gives=reads)
    yield Operator(kind="depthwise", reads=reads, gives=filtered, kernel_size=block.kernel_size)
    yield Operator(kind="convolution", reads=filtered, gives=mid)
    yield Operator(kind="depthwise", reads=mid, gives=mid, kernel_size=block.kernel_size)
    yield Operator(kind="convolution", reads=mid, gives=gives)


def _dil_conv(block: DilConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    filtered = FeatureMap(block.in_channels, block.output_size)
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="relu", reads=reads, gives=reads)
    yield Operator(kind="depthwise", reads=reads, gives=filtered, kernel_size=block.kernel_size)
    yield Operator(kind="convolution", reads=filtered, gives=gives)


def _factorized_reduce(
    block: FactorizedReduceSpec | ThinReduceSpec, reads: FeatureMap
) -> Iterator[Operator]:
    """Of an odd size it is the second half that is cut, not what it reads."""
    even = FeatureMap(block.even_channels, block.output_size)
    odd = FeatureMap(block.odd_channels, block.output_size)
    ragged = FeatureMap(block.odd_channels, block.output_size + block.is_ragged)
    yield Operator(kind="relu", reads=reads, gives=reads)
    yield Operator(kind="convolution", reads=reads, gives=even)
    if not block.is_ragged:
        yield Operator(kind="slice", reads=reads, gives=reads, kept=(even,))
    yield Operator(kind="convolution", reads=reads, gives=ragged, kept=(even,))
    if block.is_ragged:
        yield Operator(kind="slice", reads=ragged, gives=odd, kept=(even,))
    yield Operator(
        kind="concat",
        reads=even,
        gives=FeatureMap(block.out_channels, block.output_size),
        kept=(odd,),
    )


def _pool(block: PoolSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="pool", reads=reads, gives=gives)


def _relu(block: ReluSpec, reads: FeatureMap) -> Iterator[Operator]:
    yield Operator(kind="relu", reads=reads, gives=reads)


def _concat(block: ConcatSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="concat", reads=reads, gives=gives, kept=(reads,) * (block.n_inputs - 1))


def _uneven_concat(block: UnevenConcatSpec, reads: FeatureMap) -> Iterator[Operator]:
    first, *others = (FeatureMap(width, block.input_size) for width in block.channels)
    gives = FeatureMap(block.out_channels, block.output_size)
    yield Operator(kind="concat", reads=first, gives=gives, kept=tuple(others))


def _scale(block: ScaleSpec, reads: FeatureMap) -> Iterator[Operator]:
    yield Operator(kind="scale", reads=reads, gives=reads)


def _zero(block: ZeroSpec, reads: FeatureMap) -> Iterator[Operator]:
    gives = FeatureMap(block.out_channels, block.output_size)
    if block.stride > 1:
        yield Operator(kind="pool", reads=reads, gives=gives)
    yield Operator(kind="scale", reads=gives, gives=gives)


def _add(block: AddSpec, reads: FeatureMap) -> Iterator[Operator]:
    for n_left in range(block.n_inputs - 1, 0, -1):
        yield Operator(kind="add", reads=reads, gives=reads, kept=(reads,) * n_left)


def _dispatch(block: DispatchSpec, reads: FeatureMap) -> Iterator[Operator]:
    yield Operator(kind="pool", reads=reads, gives=FeatureMap(block.out_channels, 1))


def _norm_head(block: NormHeadSpec, reads: FeatureMap) -> Iterator[Operator]:
    pooled = FeatureMap(block.in_channels, 1)
    yield Operator(kind="scale", reads=reads, gives=reads)
    yield Operator(kind="pool", reads=reads, gives=pooled)
    yield Operator(kind="linear", reads=pooled, gives=FeatureMap(block.n_classes, 1))


def _linear_head(block: LinearHeadSpec, reads: FeatureMap) -> Iterator[Operator]:
    pooled = FeatureMap(block.in_channels, 1)
    yield Operator(kind="pool", reads=reads, gives=pooled)
    yield Operator(kind="linear", reads=pooled, gives=FeatureMap(block.n_classes, 1))


def _head(block: HeadSpec, reads: FeatureMap) -> Iterator[Operator]:
    hidden = FeatureMap(block.hidden_channels, block.input_size)
    pooled = FeatureMap(block.hidden_channels, 1)
    yield Operator(kind="convolution", reads=reads, gives=hidden)
    yield from activation_operators(block.activation, hidden)
    yield Operator(kind="pool", reads=hidden, gives=pooled)
    yield Operator(kind="linear", reads=pooled, gives=FeatureMap(block.n_classes, 1))


def _mbconv(block: MBConvSpec | ThinMBConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    residual = (reads,) if block.has_residual else ()
    wide = FeatureMap(block.hidden_channels, block.input_size)
    filtered = FeatureMap(block.hidden_channels, block.output_size)
    if block.expands:
        yield Operator(kind="convolution", reads=reads, gives=wide)
        yield from activation_operators(block.activation, wide, residual)
    yield Operator(
        kind="depthwise" if block.n_groups == block.hidden_channels else "convolution",
        reads=wide,
        gives=filtered,
        kernel_size=block.kernel_size,
        kept=residual if block.expands else (),
        n_groups=block.n_groups,
    )
    yield from _projected(block, filtered)


def _fused_mbconv(block: FusedMBConvSpec, reads: FeatureMap) -> Iterator[Operator]:
    filtered = FeatureMap(block.hidden_channels, block.output_size)
    yield Operator(kind="convolution", reads=reads, gives=filtered, kernel_size=block.kernel_size)
    yield from _projected(block, filtered)


def _projected(block: MBConvSpec | ThinMBConvSpec, filtered: FeatureMap) -> Iterator[Operator]:
    """What follows the filtering convolution of an inverted residual."""
    residual = (FeatureMap(block.in_channels, block.input_size),) if block.has_residual else ()
    gives = FeatureMap(block.out_channels, block.output_size)
    yield from activation_operators(block.activation, filtered, residual)
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
        yield Operator(kind="residual_add", reads=gives, gives=gives, kept=residual)


def _squeeze_excite(
    block: MBConvSpec | ThinMBConvSpec, filtered: FeatureMap, residual: tuple[FeatureMap, ...]
) -> Iterator[Operator]:
    gate, squeezed = FeatureMap(block.hidden_channels, 1), FeatureMap(block.se_channels, 1)
    kept = (*residual, filtered)
    yield Operator(kind="pool", reads=filtered, gives=gate, kept=residual)
    yield Operator(kind="convolution", reads=gate, gives=squeezed, kept=kept)
    yield Operator(kind="convolution", reads=squeezed, gives=gate, kept=kept)
    yield Operator(kind="scale", reads=filtered, gives=filtered, kept=(*residual, gate))


OPERATORS: Mapping[type, Callable[[Any, FeatureMap], Iterator[Operator]]] = {
    ConvSpec: _conv,
    StemSpec: _conv,
    PreactConvSpec: _preact_conv,
    MBConvSpec: _mbconv,
    ThinMBConvSpec: _mbconv,
    GroupedMBConvSpec: _mbconv,
    FusedMBConvSpec: _fused_mbconv,
    ResidualSpec: _residual,
    LinearResidualSpec: _residual,
    PreactResidualSpec: _preact_residual,
    SepConvSpec: _sep_conv,
    ThinSepConvSpec: _sep_conv,
    DilConvSpec: _dil_conv,
    FactorizedReduceSpec: _factorized_reduce,
    ThinReduceSpec: _factorized_reduce,
    PoolSpec: _pool,
    AddSpec: _add,
    ReluSpec: _relu,
    ConcatSpec: _concat,
    UnevenConcatSpec: _uneven_concat,
    ScaleSpec: _scale,
    ZeroSpec: _zero,
    HeadSpec: _head,
    NormHeadSpec: _norm_head,
    LinearHeadSpec: _linear_head,
    DispatchSpec: _dispatch,
}
"""Of each kind of block, given the feature map it reads."""
