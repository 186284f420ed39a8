"""From a block to the bytes that ONNX Runtime holds at once while it runs."""

from functools import cache

from hwnas.block import BlockSpec, Operator, operators_of
from hwnas.device import FLOAT_BYTES, DeviceSpec, cpu_flags
from hwnas.space import Network

CHUNK_BYTES = 256
GATHERED_BYTES = 2**16
"""What a float convolution in groups gathers its inputs in."""
FLOAT32_BYTES, SUM_BYTES, POINTER_BYTES = 4, 4, 8


def working_set_bytes(block: BlockSpec, device: DeviceSpec) -> int:
    """The most bytes alive at once while the block runs: feature maps, and kernels' own buffers.

    Weights and the float image, which is the caller's, are not counted. The kernels are those of
    ONNX Runtime 1.32 on x86-64, with AVX-512 or without as on this machine; others need other
    buffers, which is why the finished file is measured.
    """
    if device.precision == "int8":
        return max(_int8_bytes(op, block, device.batch) for op in operators_of(block))
    element_bytes = FLOAT_BYTES[device.precision] * device.batch
    operators = operators_of(block, fused=True)
    return max(_float_bytes(op, block, element_bytes) for op in operators)


def network_working_set_bytes(network: Network, device: DeviceSpec) -> int:
    """The most bytes alive at once while the network runs.

    In a chain, as many as the block that holds most. In a graph, what later blocks will read is
    alive beside the block at work; the engine may take the blocks in another order.
    """
    last_reader = {read: place for place, reads in enumerate(network.inputs) for read in reads}
    most = 0
    for place, (block, reads) in enumerate(zip(network, network.inputs, strict=True)):
        beside = (
            _map_bytes(earlier, device)
            for number, earlier in enumerate(network[:place])
            if number not in reads and last_reader[number] > place
        )
        most = max(most, sum(beside) + working_set_bytes(block, device))
    return most


def _map_bytes(block: BlockSpec, device: DeviceSpec) -> int:
    """Of the feature map a block gives."""
    n_pixels = device.batch * block.output_size**2
    if device.precision == "int8":
        return _chunk(block.out_channels * n_pixels)
    return _chunk(FLOAT_BYTES[device.precision] * _padded(block.out_channels) * n_pixels)


def _float_bytes(op: Operator, block: BlockSpec, element_bytes: int) -> int:
    alive = [op.gives, *op.kept] if block.reads_image else [op.reads, op.gives, *op.kept]
    is_blocked = op.kind not in ("product", "copy")
    maps = sum(
        _chunk(
            element_bytes
            * (_padded(features.channels) if is_blocked else features.channels)
            * features.size**2
        )
        for features in alive
    )
    return maps + (GATHERED_BYTES if op.n_groups > 1 and op.kind == "convolution" else 0)


def _int8_bytes(op: Operator, block: BlockSpec, batch: int) -> int:
    kept = sum(_chunk(batch * features.n_elements) for features in op.kept)
    if op.kind == "relu":  # of integers made float, and integers again
        return _chunk((1 + FLOAT32_BYTES) * batch * op.gives.n_elements) + kept
    if op.kind == "hard_swish":  # stays float: what it reads, the gate and what it gives
        return 3 * _chunk(FLOAT32_BYTES * batch * op.gives.n_elements) + kept
    if op.kind == "softmax":  # computed in float
        return _chunk((1 + FLOAT32_BYTES) * batch * op.gives.n_elements) + kept
    read, given = (_chunk(batch * features.n_elements) for features in (op.reads, op.gives))
    return read + given + kept + sum(map(_chunk, _kernel_buffers(op, batch)))


def _kernel_buffers(op: Operator, batch: int) -> list[int]:
    """Bytes of what an int8 convolution of more than one pixel allocates for itself.

    The symmetric kernels of MLAS gather by a table of pointers; where channels do not fit them,
    one image at a time is gathered and summed up in 32 bits before it is scaled.
    """
    if op.kernel_size == 1:
        return []
    taps = op.kernel_size**2 * op.gives.size**2
    is_depthwise = op.kind == "depthwise"
    if op.n_groups > 1 and not is_depthwise:
        n_read = op.reads.channels // op.n_groups
        return [n_read * taps, SUM_BYTES * op.gives.n_elements]
    if op.gives.channels % 16 == 0 if is_depthwise else op.reads.channels % 4 == 0:
        return [POINTER_BYTES * taps * batch]
    gathered = POINTER_BYTES * taps if is_depthwise else op.reads.channels * taps
    return [gathered, SUM_BYTES * op.gives.n_elements]


def _padded(channels: int) -> int:
    return -(-channels // _channel_block()) * _channel_block()


@cache
def _channel_block() -> int:
    """Float convolutions hold channels in multiples of this: a vector register of floats."""
    return 16 if "avx512f" in cpu_flags() else 8


def _chunk(n_bytes: int) -> int:
    """What the arena hands out for so many bytes."""
    return -(-n_bytes // CHUNK_BYTES) * CHUNK_BYTES
