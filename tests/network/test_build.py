"""Whole networks, fresh: their input, their size, their statistics."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.block import BLOCKS, StemSpec
from hwnas.network import MODULES, build, input_shape, randomize_statistics
from hwnas.space import Space, blocks_of, random_architecture

STATISTICS = ("weight", "bias", "running_mean", "running_var")


@pytest.fixture
def network(small_space: Space) -> nn.Sequential:
    architecture = random_architecture(small_space, np.random.default_rng(0))
    return build(blocks_of(small_space, architecture))


def norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def test_every_kind_of_block_has_a_module() -> None:
    assert set(MODULES) == set(BLOCKS.values())


def test_a_network_has_the_parameters_of_its_blocks(small_space: Space) -> None:
    blocks = blocks_of(small_space, random_architecture(small_space, np.random.default_rng(1)))
    n_parameters = sum(parameter.numel() for parameter in build(blocks).parameters())
    assert n_parameters == sum(block.n_parameters for block in blocks)


def test_the_input_is_the_first_blocks_for_any_batch() -> None:
    stem = StemSpec(
        input_size=9, in_channels=3, out_channels=8, kernel_size=3, stride=2, activation="relu"
    )
    assert input_shape([stem], 5) == (5, 3, 9, 9)


@pytest.mark.parametrize("name", STATISTICS)
def test_no_two_norms_are_alike(network: nn.Module, name: str) -> None:
    randomize_statistics(network, torch.Generator().manual_seed(0))
    values = [getattr(norm, name) for norm in norms(network)]
    assert len(values) > 2
    for one, other in itertools.combinations(values, 2):
        assert not torch.equal(one, other)


def test_random_variances_and_scales_stay_positive(network: nn.Module) -> None:
    randomize_statistics(network, torch.Generator().manual_seed(0))
    for norm in norms(network):
        assert norm.running_var is not None
        assert (norm.weight >= 0.5).all() and (norm.running_var >= 0.5).all()


def test_random_statistics_are_the_same_for_the_same_seed(network: nn.Module) -> None:
    randomize_statistics(network, torch.Generator().manual_seed(0))
    first = [norm.running_mean.clone() for norm in norms(network) if norm.running_mean is not None]
    randomize_statistics(network, torch.Generator().manual_seed(0))
    again = [norm.running_mean for norm in norms(network) if norm.running_mean is not None]
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
