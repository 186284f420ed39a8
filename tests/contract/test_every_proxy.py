"""The contract every entry of ``PROXIES`` keeps."""

import copy
import math
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.accuracy.proxies import PROXIES, WORST_SCORE, proxy_named, score_network
from hwnas.errors import UnknownNameError
from hwnas.network import build, randomize_statistics
from hwnas.space import blocks_of, random_architecture, space_named
from hwnas.train.images import Batch

pytestmark = pytest.mark.parametrize("name", PROXIES)


def a_batch() -> Batch:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(6, 3, 16, 16, generator=generator), torch.arange(6) % 4


def a_network(activation: str = "relu", se_ratio: float = 0.0, seed: int = 0) -> nn.Module:
    space = space_named("mobilenet", input_size=16, in_channels=3, n_classes=4)
    space = replace(space, activation=activation, se_ratio=se_ratio)  # type: ignore[type-var]
    return build(blocks_of(space, random_architecture(space, np.random.default_rng(1))), seed)


class Graph(nn.Module):
    """Two paths that meet, pooled and classified by functions; ``share`` 0 cuts the images off."""

    def __init__(self, share: float = 1.0) -> None:
        super().__init__()
        self.share = share
        self.left = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.right = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8, affine=False), nn.ReLU())
        self.dropout = nn.Dropout(0.5)
        self.classify = nn.Linear(8, 4)

    def forward(self, images: Tensor) -> Tensor:
        joined = self.share * (self.left(images) + self.right(images))
        return cast(Tensor, self.classify(self.dropout(joined.mean((2, 3)))))


@pytest.mark.parametrize("activation", ["relu", "relu6", "hard_swish"])
@pytest.mark.parametrize("se_ratio", [0.0, 0.25])
def test_networks_of_our_blocks_have_a_score(name: str, activation: str, se_ratio: float) -> None:
    answer = score_network(PROXIES[name], a_network(activation, se_ratio), a_batch())
    assert math.isfinite(answer.score) and answer.score != WORST_SCORE


def test_a_graph_without_pooling_modules_has_a_score(name: str) -> None:
    answer = score_network(PROXIES[name], Graph(), a_batch())
    assert math.isfinite(answer.score) and answer.score != WORST_SCORE


def test_a_network_that_sees_nothing_has_a_finite_score(name: str) -> None:
    assert math.isfinite(score_network(PROXIES[name], Graph(share=0.0), a_batch()).score)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_stays_as_it_was(name: str, training: bool) -> None:
    network = a_network().train(training)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    first, *rest = network.parameters()
    first.requires_grad_(False)
    for parameter in rest:
        parameter.grad = torch.ones_like(parameter)
    before = copy.deepcopy(network.state_dict())
    score_network(PROXIES[name], network, a_batch())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(module.training == training for module in network.modules())
    assert all(p.grad is not None and (p.grad == 1).all() for p in rest)
    assert first.grad is None and not first.requires_grad
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_the_images_stay_as_they_were(name: str) -> None:
    images, labels = a_batch()
    score_network(PROXIES[name], a_network(), (images, labels))
    assert torch.equal(images, a_batch()[0])
    assert images.grad is None and not images.requires_grad


def test_equal_seeds_give_equal_scores_whatever_torch_drew_before(name: str) -> None:
    network = Graph()
    torch.manual_seed(0)
    one = score_network(PROXIES[name], network, a_batch(), seed=3)
    torch.manual_seed(1)
    assert score_network(PROXIES[name], network, a_batch(), seed=3).score == one.score


def test_torch_draws_the_same_after_a_score(name: str) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    network = a_network()
    score_network(PROXIES[name], network, a_batch())
    assert torch.equal(torch.rand(1), expected)


def test_a_network_in_training_scores_as_one_in_use(name: str) -> None:
    network = a_network()
    one = score_network(PROXIES[name], network.train(), a_batch())
    assert score_network(PROXIES[name], network.eval(), a_batch()).score == one.score


def test_scoring_twice_gives_the_same(name: str) -> None:
    network = a_network("hard_swish", 0.25)
    one, other = (score_network(PROXIES[name], network, a_batch()).score for _ in range(2))
    assert one == other


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_a_cuda_card_scores_as_the_processor(name: str) -> None:
    images, labels = a_batch()
    here = score_network(PROXIES[name], a_network(), (images, labels)).score
    there = score_network(PROXIES[name], a_network(), (images.cuda(), labels.cuda())).score
    assert there == pytest.approx(here, rel=0.02)


def test_an_unknown_name_is_told_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"did you mean '{name}'"):
        proxy_named(f"{name}x")
