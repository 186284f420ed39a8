"""ONNX becomes int8 ONNX: calibration, and an audit of what stays in float."""

from hwnas.quantize.audit import check_integer, float_operators
from hwnas.quantize.deployable import Deployable, deployable, deployable_blocks
from hwnas.quantize.join import joined
from hwnas.quantize.quantize import quantize
from hwnas.quantize.sensitivity import LayerSensitivity, layer_sensitivities

__all__ = [
    "Deployable",
    "LayerSensitivity",
    "check_integer",
    "deployable",
    "deployable_blocks",
    "float_operators",
    "joined",
    "layer_sensitivities",
    "quantize",
]
