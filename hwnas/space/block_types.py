"""The types of block that ``donna`` chooses among, and how the layers of each are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any

from hwnas.block import (
    AttentionSpec,
    BlockSpec,
    ConvSpec,
    FusedMBConvSpec,
    GroupedMBConvSpec,
    LinearResidualSpec,
    MBConvSpec,
    ShuffleSpec,
)
from hwnas.block.installed import OF_A_TYPE, installed_blocks, unusable_blocks
from hwnas.errors import UnknownNameError
from hwnas.record import unknown_name

GROUP_WIDTH, HEAD_WIDTH = 8, 16
"""Channels of a group, and of one head of attention; fewer where they do not divide a width."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of a block: what it reads and gives, and what was chosen for it."""

    input_size: int
    in_channels: int
    out_channels: int
    stride: int
    kernel_size: int
    expansion: int
    activation: str
    se_ratio: float

    @property
    def changes_shape(self) -> bool:
        """Whether what it gives is of another shape than what it reads."""
        return self.stride > 1 or self.in_channels != self.out_channels


@dataclass(frozen=True)
class BlockType:
    """How a layer is made, and which of ``FACTORS`` it heeds; a depth and a width all do."""

    make: Callable[[Layer], tuple[BlockSpec, ...]]
    heeds: frozenset[str]


FACTORS = ("kernel_size", "expansion", "activation", "se_ratio")


def _mbconv(layer: Layer) -> tuple[BlockSpec, ...]:
    return (MBConvSpec(**vars(layer)),)


def _fused(layer: Layer) -> tuple[BlockSpec, ...]:
    return (FusedMBConvSpec(**vars(layer)),)


def _grouped(layer: Layer) -> tuple[BlockSpec, ...]:
    group_width = gcd(layer.in_channels * layer.expansion, GROUP_WIDTH)
    return (GroupedMBConvSpec(**vars(layer), group_width=group_width),)


def _residual(layer: Layer) -> tuple[BlockSpec, ...]:
    return (
        LinearResidualSpec(
            input_size=layer.input_size,
            in_channels=layer.in_channels,
            mid_channels=layer.out_channels,
            out_channels=layer.out_channels,
            stride=layer.stride,
        ),
    )


def _shuffle(layer: Layer) -> tuple[BlockSpec, ...]:
    return (
        ShuffleSpec(
            input_size=layer.input_size,
            in_channels=layer.in_channels,
            out_channels=layer.out_channels,
            kernel_size=layer.kernel_size,
            stride=layer.stride,
            activation=layer.activation,
        ),
    )


def _attention(layer: Layer) -> tuple[BlockSpec, ...]:
    """A convolution first where the shape changes: attention keeps it."""
    entry = ConvSpec(
        input_size=layer.input_size,
        in_channels=layer.in_channels,
        out_channels=layer.out_channels,
        kernel_size=3,
        stride=layer.stride,
        activation=layer.activation,
    )
    attention = AttentionSpec(
        input_size=entry.output_size,
        in_channels=layer.out_channels,
        head_width=gcd(layer.out_channels, HEAD_WIDTH),
        expansion=layer.expansion,
        activation=layer.activation,
    )
    return (entry, attention) if layer.changes_shape else (attention,)


BLOCK_TYPES: Mapping[str, BlockType] = {
    "mbconv": BlockType(_mbconv, frozenset(FACTORS)),
    "fused": BlockType(_fused, frozenset({"kernel_size", "expansion", "activation"})),
    "grouped": BlockType(_grouped, frozenset({"kernel_size", "expansion", "activation"})),
    "residual": BlockType(_residual, frozenset()),
    "shuffle": BlockType(_shuffle, frozenset({"kernel_size", "activation"})),
    "attention": BlockType(_attention, frozenset({"expansion", "activation"})),
}


def block_type(name: str) -> BlockType:
    """A type by its name, of hwnas or of another package (``hwnas.block.installed``).

    Raises:
        UnknownNameError: No such type.
    """
    if name in BLOCK_TYPES:
        return BLOCK_TYPES[name]
    installed: Mapping[str, Any] = installed_blocks(OF_A_TYPE)
    if name not in installed:
        unknown = unknown_name("block type", name, (*BLOCK_TYPES, *installed))
        raise UnknownNameError(f"{unknown} {unusable_blocks(OF_A_TYPE)}".strip())
    return BlockType(installed[name].layers, frozenset(installed[name].heeds))
