"""The smallest thing that is timed: a frozen BlockSpec family."""

from hwnas.block.catalog import BLOCKS, block_from_json, block_to_json
from hwnas.block.conv import ConvSpec, StemSpec
from hwnas.block.dispatch import DispatchSpec
from hwnas.block.head import HeadSpec
from hwnas.block.mbconv import MBConvSpec
from hwnas.block.spec import BlockSpec
from hwnas.block.width import divisible

__all__ = [
    "BLOCKS",
    "BlockSpec",
    "ConvSpec",
    "DispatchSpec",
    "HeadSpec",
    "MBConvSpec",
    "StemSpec",
    "block_from_json",
    "block_to_json",
    "divisible",
]
