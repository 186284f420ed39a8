"""NASWOT's kernel on two images of three units."""

import math

import pytest
import torch
from torch import nn

from hwnas.accuracy.proxies import PROXIES, WORST_SCORE, score_network

LABELS = torch.tensor([0, 1])
APART = torch.tensor([[[[1.0, -1.0, 2.0]]], [[[3.0, 0.5, -4.0]]]])
"""Both switch the first unit on, and disagree on the other two: K = ((3, 1), (1, 3))."""


def naswot(activation: nn.Module, images: torch.Tensor = APART, times: int = 1) -> float:
    network = nn.Sequential(nn.Flatten(), *[activation] * times, nn.Linear(3, 2))
    return score_network(PROXIES["naswot"], network, (images, LABELS)).score


@pytest.mark.parametrize(
    "activation", [nn.ReLU(), nn.ReLU6(), nn.Hardswish(), nn.SiLU(), nn.ReLU(inplace=True)]
)
def test_units_that_agree_are_counted(activation: nn.Module) -> None:
    assert naswot(activation) == pytest.approx(math.log(8))


def test_an_activation_counts_each_time_it_is_called() -> None:
    assert naswot(nn.Hardswish(), times=2) == pytest.approx(math.log(4 * 8))


def test_units_that_are_both_off_agree() -> None:
    assert naswot(nn.ReLU(), torch.cat([-APART[:1], -APART[1:]])) == pytest.approx(math.log(8))


def test_images_that_look_alike_are_the_worst() -> None:
    assert naswot(nn.ReLU(), torch.cat([APART[:1], 2 * APART[:1]])) == WORST_SCORE


def test_a_network_without_activations_is_the_worst() -> None:
    assert naswot(nn.Identity()) == WORST_SCORE
