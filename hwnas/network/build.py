"""Blocks become one torch network."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from hwnas.block import BlockSpec, UnevenConcatSpec
from hwnas.network.modules import module_of
from hwnas.space import IMAGE, as_network

Shape = tuple[int, int, int, int]


class WiredBlocks(nn.Sequential):
    """The modules of a network's blocks, each called on the outputs of those it reads.

    Called on several tensors, the first block reads them all: a block that joins feature maps is
    a network too.
    """

    def __init__(self, modules: Iterable[nn.Module], inputs: tuple[tuple[int, ...], ...]) -> None:
        super().__init__(*modules)
        self._inputs = inputs

    def forward(self, *images: Tensor) -> Tensor:
        """The last block's output."""
        outputs: dict[int, Tensor] = {}
        last_reader = {read: place for place, reads in enumerate(self._inputs) for read in reads}
        for place, (module, reads) in enumerate(zip(self, self._inputs, strict=True)):
            features = (outputs[read] for read in reads if read != IMAGE)
            outputs[place] = module(*(images if IMAGE in reads else ()), *features)
            for read in {read for read in reads if last_reader[read] == place} - {IMAGE}:
                del outputs[read]
        return outputs[len(self) - 1]


def build(blocks: Sequence[BlockSpec], seed: int = 0) -> WiredBlocks:
    """The network of these blocks, or of a row of blocks; the seed decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = as_network(blocks)
        return WiredBlocks(map(module_of, network.blocks), network.inputs)


def randomize_statistics(network: nn.Module, generator: torch.Generator) -> None:
    """Give every BatchNorm distinct statistics and scales, in place.

    Equal ones (all zeros, all ones) are shared in the exported graph, and a network timed that
    way is not the one that ships.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                if tensor is not None:
                    tensor.data.uniform_(0.5, 1.5, generator=generator)
            for tensor in (module.bias, module.running_mean):
                if tensor is not None:
                    tensor.data.normal_(0.0, 0.1, generator=generator)


def input_shape(blocks: Sequence[BlockSpec], batch: int) -> Shape:
    """``(batch, channels, height, width)`` of the first block's only or widest input."""
    first = blocks[0]
    return batch, first.in_channels, first.input_size, first.input_size


def input_shapes(block: BlockSpec, batch: int) -> list[Shape]:
    """Of each feature map that a block reads."""
    size = block.input_size
    even = (block.in_channels,) * block.n_inputs
    channels = block.channels if isinstance(block, UnevenConcatSpec) else even
    return [(batch, width, size, size) for width in channels]
