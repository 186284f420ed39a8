"""The smallest thing that is timed: a frozen BlockSpec family."""

from hwnas.block.attention import AttentionSpec
from hwnas.block.catalog import BLOCKS, block_from_json, block_to_json
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
from hwnas.block.operator import FeatureMap, Operator
from hwnas.block.operators import operators_of
from hwnas.block.reduce import FactorizedReduceSpec, ThinReduceSpec
from hwnas.block.residual import LinearResidualSpec, PreactResidualSpec, ResidualSpec
from hwnas.block.separable import DilConvSpec, SepConvSpec, ThinSepConvSpec
from hwnas.block.shuffle import ShuffleSpec
from hwnas.block.spec import BlockSpec
from hwnas.block.thin import ThinMBConvSpec
from hwnas.block.width import divisible

__all__ = [
    "BLOCKS",
    "AddSpec",
    "AttentionSpec",
    "BlockSpec",
    "ConcatSpec",
    "ConvSpec",
    "DilConvSpec",
    "DispatchSpec",
    "FactorizedReduceSpec",
    "FeatureMap",
    "FusedMBConvSpec",
    "GroupedMBConvSpec",
    "HeadSpec",
    "LinearHeadSpec",
    "LinearResidualSpec",
    "MBConvSpec",
    "NormHeadSpec",
    "Operator",
    "PoolSpec",
    "PreactConvSpec",
    "PreactResidualSpec",
    "ReluSpec",
    "ResidualSpec",
    "ScaleSpec",
    "SepConvSpec",
    "ShuffleSpec",
    "StemSpec",
    "ThinMBConvSpec",
    "ThinReduceSpec",
    "ThinSepConvSpec",
    "UnevenConcatSpec",
    "ZeroSpec",
    "block_from_json",
    "block_to_json",
    "divisible",
    "operators_of",
]
