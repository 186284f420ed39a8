"""SynFlow on chains small enough for pen and paper."""

import pytest
import torch
from torch import nn

from hwnas.accuracy.proxies import PROXIES, WORST_SCORE, score_network

BATCH = torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 0])


def chain(weights: list[float], between: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """1×1 convolutions with these weights, an activation after each, and a classifier of 1."""
    layers: list[nn.Module] = []
    for weight in weights:
        layers += [nn.Conv2d(1, 1, 1, bias=False), between()]
        nn.init.constant_(layers[-2].get_parameter("weight"), weight)
    classify = nn.Linear(1, 1, bias=False)
    nn.init.ones_(classify.weight)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), classify)


def synflow(network: nn.Module) -> float:
    return score_network(PROXIES["synflow"], network, BATCH).score


@pytest.mark.parametrize("between", [nn.ReLU, nn.ReLU6, nn.Hardswish])
def test_each_layer_of_a_chain_carries_the_product_of_absolute_weights(
    between: type[nn.Module],
) -> None:
    assert synflow(chain([-2.0, 30.0, -0.5], between)) == pytest.approx(4 * 30.0)


def test_all_paths_of_a_layer_are_summed() -> None:
    first, last = nn.Linear(9, 2, bias=False), nn.Linear(2, 1, bias=False)
    paths = (last.weight.abs() @ first.weight.abs()).sum().item()
    network = nn.Sequential(nn.Flatten(), first, nn.ReLU(), last)
    assert synflow(network) == pytest.approx(2 * paths)


def test_norms_are_left_out() -> None:
    first, *rest = chain([2.0, 3.0])
    norm = nn.BatchNorm2d(1)
    norm.weight.data.fill_(7.0)
    norm.bias.data.fill_(-1.0)
    norm(torch.randn(4, 1, 2, 2))
    assert synflow(nn.Sequential(first, norm, *rest)) == pytest.approx(18.0)


def test_a_deep_network_does_not_overflow_float32() -> None:
    assert synflow(chain([1e3] * 60)) == pytest.approx(61 * 1e180, rel=1e-6)


def test_what_overflows_float64_is_the_worst() -> None:
    assert synflow(chain([1e4] * 80)) == WORST_SCORE
