"""Blocks in the form in which they are timed: through the rooms the final model takes."""

from collections.abc import Callable, Sequence

import onnx
import torch

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.export import to_onnx
from hwnas.measure.engine import Engine
from hwnas.network import build, input_shapes, randomize_statistics
from hwnas.profile.cache import BlockCache
from hwnas.quantize import Deployable, deployable_blocks, joined
from hwnas.space import as_network


def ready_blocks(blocks: Sequence[BlockSpec], device: DeviceSpec, engine: Engine) -> Deployable:
    """A network with random weights, exported and quantized; their latency is the trained one's.

    Raises:
        QuantizeError: One of them would run in float.
    """
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    model = to_onnx(network, *input_shapes(blocks[0], device.batch))
    return deployable_blocks(model, blocks, device, engine)


class BlockMaker:
    """Builds each block once and for all, and whole networks out of what is built."""

    def __init__(self, device: DeviceSpec, engine: Engine) -> None:
        self._device = device
        self._engine = engine
        self._cache = BlockCache(device, engine.version())
        self._made: dict[BlockSpec, onnx.ModelProto] = {}

    def make(self, blocks: Sequence[BlockSpec]) -> bytes:
        """The ONNX file of a network, or of some blocks in a row.

        Raises:
            QuantizeError: One of them would run in float.
        """
        models = [self._alone(block) for block in blocks]
        model = models[0] if len(models) == 1 else joined(models, as_network(blocks).inputs)
        return bytes(model.SerializeToString())

    def make_all(
        self, runs: Sequence[Sequence[BlockSpec]], on_made: Callable[[int], None]
    ) -> list[bytes]:
        """Every run's file, telling how many are made."""
        files = []
        for blocks in runs:
            files.append(self.make(blocks))
            on_made(len(files))
        return files

    def _alone(self, block: BlockSpec) -> onnx.ModelProto:
        if block not in self._made:
            content = self._cache.get(block)
            if content is None:
                content = ready_blocks([block], self._device, self._engine).content
                self._cache.put(block, content)
            self._made[block] = onnx.load_model_from_string(content)
        return self._made[block]
