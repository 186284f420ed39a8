"""From a block to the bytes it adds to the ONNX file."""

from hwnas.block import BlockSpec, Operator, operators_of
from hwnas.device import FLOAT_BYTES, DeviceSpec

EMPTY_FILE_BYTES = 700
"""What a file holds beside its operators and its metadata."""

INT8_CHANNEL_BYTES = 17
"""Of a weight's scale and zero point, a bias, and the bias's own scale and zero point."""

FLOAT_NODES_BYTES = (545, 100)
INT8_NODES_BYTES = (1800, 560)
"""An operator with weights (its activation and, in int8, three DequantizeLinear and a
QuantizeLinear with it), and one without; names included. Read off the mobilenet space's files
and rounded up.
"""


def block_file_bytes(block: BlockSpec, device: DeviceSpec) -> int:
    """Weights in the device's precision, quantization parameters, and the nodes themselves.

    A file's size is the sum over its blocks, ``EMPTY_FILE_BYTES`` and its metadata; it is told to
    a few parts in a thousand, rather too high than too low. That of a network of many small
    operators, such as a pruned cell, is told up to a quarter too high: quantization leaves out or
    joins some of them.
    """
    return sum(_operator_bytes(op, device) for op in operators_of(block))


def _operator_bytes(op: Operator, device: DeviceSpec) -> int:
    if device.precision in FLOAT_BYTES:
        weight_bytes = channel_bytes = FLOAT_BYTES[device.precision]
        weighted, weightless = FLOAT_NODES_BYTES
    else:
        weight_bytes, channel_bytes = 1, INT8_CHANNEL_BYTES
        weighted, weightless = INT8_NODES_BYTES
    if op.n_weights == 0:
        return weightless
    return weight_bytes * op.n_weights + channel_bytes * op.gives.channels + weighted
