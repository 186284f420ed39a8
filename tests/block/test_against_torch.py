"""What a block says of itself against the torch module that is built of it."""

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from hwnas.block import BlockSpec
from hwnas.network import input_shapes, module_of


def output_of(block: BlockSpec) -> Tensor:
    with torch.no_grad():
        output: Tensor = module_of(block).eval()(*images_for(block))
    return output


def images_for(block: BlockSpec) -> list[Tensor]:
    return [torch.zeros(shape) for shape in input_shapes(block, 1)]


def counted_macs(block: BlockSpec) -> int:
    """By torch's own counter, which counts products and sums."""
    network = module_of(block).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*images_for(block))
    return int(counter.get_total_flops()) // 2


def test_parameters_are_torchs_own_count(block: BlockSpec) -> None:
    assert block.n_parameters == sum(p.numel() for p in module_of(block).parameters())


def test_macs_are_those_of_every_convolution_and_product_that_runs(block: BlockSpec) -> None:
    assert block.n_macs == counted_macs(block)


def test_the_output_has_the_channels_and_size_the_block_says(block: BlockSpec) -> None:
    size = () if block.gives_logits else (block.output_size, block.output_size)
    assert tuple(output_of(block).shape) == (1, block.out_channels, *size)
