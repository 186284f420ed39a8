"""A run of blocks in the form in which it is timed: through the rooms the final model takes."""

from collections.abc import Sequence

import torch

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.export import to_onnx
from hwnas.measure.engine import Engine
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.quantize import Deployable, deployable_blocks


def ready_blocks(blocks: Sequence[BlockSpec], device: DeviceSpec, engine: Engine) -> Deployable:
    """Blocks with random weights, exported and quantized; their latency is the trained one's.

    Raises:
        QuantizeError: One of them would run in float.
    """
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    model = to_onnx(network, input_shape(blocks, device.batch))
    return deployable_blocks(model, blocks, device, engine)
