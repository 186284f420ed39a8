"""Blocks become one torch network."""

from collections.abc import Sequence

import torch
from torch import nn

from hwnas.block import BlockSpec
from hwnas.network.modules import module_of


def build(blocks: Sequence[BlockSpec], seed: int = 0) -> nn.Sequential:
    """The network of these blocks in order, image to logits; the seed decides its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(*(module_of(block) for block in blocks))


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


def input_shape(blocks: Sequence[BlockSpec], batch: int) -> tuple[int, int, int, int]:
    """``(batch, channels, height, width)`` of the first block's input."""
    first = blocks[0]
    return batch, first.in_channels, first.input_size, first.input_size
