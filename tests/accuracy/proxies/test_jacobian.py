"""Jacobian covariance where correlations are known: all one, and none."""

import math

import pytest
import torch
from torch import nn

from hwnas.accuracy.proxies import PROXIES, WORST_SCORE, score_network
from hwnas.accuracy.proxies.jacobian import EPSILON


def jacobian_covariance(network: nn.Module, images: torch.Tensor) -> float:
    labels = torch.zeros(len(images), dtype=torch.int64)
    return score_network(PROXIES["jacobian-covariance"], network, (images, labels)).score


def term(eigenvalue: float) -> float:
    return -(math.log(eigenvalue + EPSILON) + 1 / (eigenvalue + EPSILON))


def test_a_linear_network_treats_all_images_alike() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    images = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    expected = term(4.0) + 3 * term(0.0)
    assert jacobian_covariance(network, images) == pytest.approx(expected, rel=1e-4)


def test_images_that_open_uncorrelated_gates_are_told_apart() -> None:
    network = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(4, 1))
    nn.init.ones_(network.get_parameter("2.weight"))
    images = torch.tensor([[1.0, 1, -1, -1], [1, -1, 1, -1]]).reshape(2, 1, 2, 2)
    assert jacobian_covariance(network, images) == pytest.approx(2 * term(1.0), rel=1e-6)


def test_an_image_without_any_effect_is_the_worst() -> None:
    network = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(4, 1))
    images = torch.tensor([[-1.0, -1, -1, -1], [1, -1, 1, -1]]).reshape(2, 1, 2, 2)
    assert jacobian_covariance(network, images) == WORST_SCORE
