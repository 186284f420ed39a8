"""Zen-score: its own weights, its compensation of BatchNorm, its missing residual links."""

import copy
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.accuracy.proxies.zen import CHANGE, zen_score
from hwnas.block import MBConvSpec
from hwnas.network import build, module_of
from hwnas.network.mbconv_modules import MBConvBlock
from hwnas.space import Space, blocks_of, random_architecture
from hwnas.train.images import Batch

BATCH = torch.zeros(2, 1, 8, 8), torch.tensor([0, 1])
RESIDUAL = MBConvSpec(
    input_size=8,
    in_channels=4,
    out_channels=4,
    kernel_size=3,
    expansion=3,
    stride=1,
    activation="relu",
)


class Cut(nn.Module):
    """Adds the norm of nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)

    def forward(self, features: Tensor) -> Tensor:
        return features + cast(Tensor, self.norm(0 * features))


def zen(network: nn.Module, batch: Batch = BATCH, *, n_repeats: int = 1) -> float:
    return zen_score(network, batch, torch.Generator().manual_seed(0), n_repeats=n_repeats)


def one_layer(*after: nn.Module) -> nn.Sequential:
    convolution = nn.Conv2d(1, 1, 1, bias=False)
    return nn.Sequential(convolution, *after, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def around(block: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 1), block, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )


def drawn(n: int, shape: tuple[int, ...]) -> list[Tensor]:
    """What a generator of seed 0 draws: the weights, then noise, as often as asked."""
    generator = torch.Generator().manual_seed(0)
    shapes = [torch.Size((1, 1, 1, 1)), torch.Size(shape), torch.Size(shape)]
    return [torch.randn(shapes[i % 3], generator=generator) for i in range(n)]


def test_without_norms_it_is_the_log_of_the_change_before_pooling() -> None:
    weight, _, change = drawn(3, (16, 1, 8, 8))
    expected = (CHANGE * weight * change).abs().sum((1, 2, 3)).mean().log().item()
    assert zen(one_layer()) == pytest.approx(expected, rel=1e-4)


def test_repeats_are_averaged() -> None:
    tensors = drawn(6, (16, 1, 8, 8))
    logs = [
        (CHANGE * weight * change).abs().sum((1, 2, 3)).mean().log().item()
        for weight, change in ((tensors[0], tensors[2]), (tensors[3], tensors[5]))
    ]
    assert zen(one_layer(), n_repeats=2) == pytest.approx(np.mean(logs), rel=1e-4)


def test_what_batchnorm_divides_by_is_put_back() -> None:
    assert zen(one_layer(nn.BatchNorm2d(1))) == pytest.approx(zen(one_layer()), abs=0.02)


def test_a_norm_behind_a_cut_edge_is_left_out() -> None:
    assert zen(one_layer(Cut())) == zen(one_layer())


def test_the_networks_own_weights_do_not_matter(small_space: Space) -> None:
    blocks = blocks_of(small_space, random_architecture(small_space, np.random.default_rng(0)))
    assert zen(build(blocks, seed=0)) == zen(build(blocks, seed=1))


def test_a_residual_link_is_taken_away() -> None:
    linked = module_of(RESIDUAL)
    assert isinstance(linked, MBConvBlock) and linked.has_residual
    bare = copy.deepcopy(linked)
    bare.has_residual = False
    assert zen(around(linked)) == zen(around(bare))
    assert linked.has_residual


def test_a_network_without_feature_maps_is_refused() -> None:
    with pytest.raises(ValueError, match="has no feature maps"):
        zen(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)))
