"""The weights of the operations of cells, gates folded in, written into the blocks left."""

from typing import cast

import torch
from torch import Tensor, nn

from hwnas.network.cell_modules import (
    DilConvBlock,
    FactorizedReduceBlock,
    ScaleBlock,
    SepConvBlock,
)
from hwnas.network.granular.candidate import Candidate
from hwnas.network.granular.fill_chains import write_norm
from hwnas.network.granular.gates import MaskedConv
from hwnas.network.granular.of_cells import (
    EVEN,
    HIDDEN,
    ODD,
    OUT,
    DilConvCandidate,
    PassCandidate,
    PreactCandidate,
    ReduceCandidate,
    SepConvCandidate,
)
from hwnas.network.modules import PreactConvBlock

ALL = slice(None)
"""Channels: a rebuilt operation has no others than the block."""


@torch.no_grad()
def fill(block: nn.Module, one: Candidate, weight: float) -> None:
    """Of an operation that was rebuilt, times its weight in its node."""
    if isinstance(one, PassCandidate):
        cast(ScaleBlock, block).factor.fill_(weight)
    elif isinstance(one, SepConvCandidate):
        both = cast(SepConvBlock, block)
        hidden, out = one.scales(HIDDEN), weight * one.scales(OUT)
        _fill_separable(both.first, (one.depthwise, one.pointwise), one.norm, hidden)
        convolutions = one.second_depthwise, one.second_pointwise
        _fill_separable(both.second, convolutions, one.second_norm, out)
    elif isinstance(one, DilConvCandidate):
        layers, out = cast(DilConvBlock, block).layers, weight * one.scales(OUT)
        _fill_separable(layers, (one.depthwise, one.pointwise), one.norm, out)
    elif isinstance(one, ReduceCandidate):
        reduction = cast(FactorizedReduceBlock, block)
        for half, convolution, norm, axis in (
            (reduction.even, one.even, one.even_norm, EVEN),
            (reduction.odd, one.odd, one.odd_norm, ODD),
        ):
            half[0].load_state_dict(convolution.state_dict())
            write_norm(half[1], [(norm, ALL, weight * one.scales(axis))])
    elif isinstance(one, PreactCandidate):
        preact = cast(PreactConvBlock, block)
        preact.conv.load_state_dict(one.conv.state_dict())
        write_norm(preact.norm, [(one.norm, ALL, weight * one.scales(OUT))])
    else:
        raise TypeError(f"no block of a cell takes the weights of {type(one).__name__}")


def _fill_separable(
    layers: nn.Sequential,
    convolutions: tuple[MaskedConv, MaskedConv],
    norm: nn.BatchNorm2d,
    scales: Tensor,
) -> None:
    _, depthwise, pointwise, target = layers
    for layer, masked in zip((depthwise, pointwise), convolutions, strict=True):
        cast(nn.Conv2d, layer).weight.copy_(masked.kept_weight())
    write_norm(target, [(norm, ALL, scales)])
