"""The smallest thing that is timed: a frozen BlockSpec family."""

from hwnas.block.catalog import BLOCKS, block_from_json, block_to_json
from hwnas.block.conv import ConvSpec, PreactConvSpec, StemSpec
from hwnas.block.dispatch import DispatchSpec
from hwnas.block.head import HeadSpec, NormHeadSpec
from hwnas.block.join import AddSpec, PoolSpec, ReluSpec, ZeroSpec
from hwnas.block.mbconv import MBConvSpec
from hwnas.block.residual import PreactResidualSpec
from hwnas.block.spec import BlockSpec
from hwnas.block.width import divisible

__all__ = [
    "BLOCKS",
    "AddSpec",
    "BlockSpec",
    "ConvSpec",
    "DispatchSpec",
    "HeadSpec",
    "MBConvSpec",
    "NormHeadSpec",
    "PoolSpec",
    "PreactConvSpec",
    "PreactResidualSpec",
    "ReluSpec",
    "StemSpec",
    "ZeroSpec",
    "block_from_json",
    "block_to_json",
    "divisible",
]
