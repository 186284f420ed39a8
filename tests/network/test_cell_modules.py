"""Blocks of cells against their definitions written out."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from hwnas.block import ConcatSpec, DilConvSpec, FactorizedReduceSpec, ZeroSpec
from hwnas.network import module_of, randomize_statistics


def filled(module: nn.Module) -> nn.Module:
    randomize_statistics(module, torch.Generator().manual_seed(0))
    return module.eval()


@pytest.mark.parametrize("size", [8, 7])
def test_a_factorized_reduction_reads_every_second_pixel_twice_a_pixel_apart(size: int) -> None:
    module = filled(
        module_of(FactorizedReduceSpec(input_size=size, in_channels=4, out_channels=6))
    )
    features = torch.randn(2, 4, size, size)
    active = functional.pad(features.relu(), (0, 1, 0, 1))  # zeros beyond the last pixel
    weights = {name: value for name, value in module.named_parameters() if value.dim() == 4}
    halves = [
        norm(functional.conv2d(active[:, :, first:last, first:last], weight, stride=2))
        for first, last, weight, norm in (
            (0, size, weights["even.0.weight"], module.get_submodule("even.1")),
            (1, size + 1, weights["odd.0.weight"], module.get_submodule("odd.1")),
        )
    ]
    torch.testing.assert_close(module(features), torch.cat(halves, dim=1))


def test_a_dilated_convolution_skips_every_second_pixel() -> None:
    spec = DilConvSpec(input_size=9, in_channels=1, out_channels=1, kernel_size=3, stride=1)
    module = module_of(spec).eval()
    spot = torch.zeros(1, 1, 9, 9)
    spot[0, 0, 4, 4] = 1.0
    reached = (module(spot) - module(torch.zeros_like(spot)))[0, 0].abs() > 0
    rows = torch.arange(9).repeat_interleave(9).reshape(9, 9)[reached]
    assert sorted(set(rows.tolist())) == [2, 4, 6]


def test_channels_are_concatenated_in_the_order_read() -> None:
    module = module_of(ConcatSpec(input_size=2, in_channels=1, n_inputs=3))
    maps = [torch.full((1, 1, 2, 2), float(value)) for value in range(3)]
    assert module(*maps)[0, :, 0, 0].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("stride", [1, 2])
def test_zeros_are_zeros_in_the_size_asked_for(stride: int) -> None:
    module = module_of(ZeroSpec(input_size=5, in_channels=2, stride=stride))
    output = module(torch.randn(1, 2, 5, 5))
    assert output.shape[-1] == -(-5 // stride) and not output.any()
