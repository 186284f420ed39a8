"""Architecture becomes torch: block modules, whole networks, the supernet."""

from hwnas.network.build import WiredBlocks, build, input_shape, input_shapes, randomize_statistics
from hwnas.network.modules import MODULES, module_of
from hwnas.network.supernet import Supernet, resized

__all__ = [
    "MODULES",
    "Supernet",
    "WiredBlocks",
    "build",
    "input_shape",
    "input_shapes",
    "module_of",
    "randomize_statistics",
    "resized",
]
