"""Gradient proxies against gradients by hand, by another route, and by Euler's theorem."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from hwnas.accuracy.proxies import PROXIES, score_network
from hwnas.train.images import Batch


@pytest.fixture
def batch() -> Batch:
    images = torch.randn(5, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    return images, torch.tensor([0, 1, 2, 0, 1])


@pytest.fixture
def linear() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(32, 3))


@pytest.fixture
def smooth() -> nn.Sequential:
    """In float64, with a smooth activation, so that derivatives are exact everywhere."""
    network = nn.Sequential(nn.Conv2d(2, 3, 4), nn.GELU(), nn.Flatten(), nn.Linear(3, 3))
    return network.double()


def score(name: str, network: nn.Module, batch: Batch) -> float:
    return score_network(PROXIES[name], network, batch).score


def linear_gradient(network: nn.Sequential, batch: Batch) -> NDArray[np.float64]:
    """``(softmax - one-hot)ᵀ x / n``, ``(classes, inputs)``."""
    inputs = batch[0].flatten(1).double().numpy()
    logits = network(batch[0]).detach().double().numpy()
    exponentials = np.exp(logits)
    excess = exponentials / exponentials.sum(1, keepdims=True) - np.eye(3)[batch[1].numpy()]
    gradient: NDArray[np.float64] = excess.T @ inputs / len(inputs)
    return gradient


def test_the_norm_of_a_linear_layer_s_gradient(linear: nn.Sequential, batch: Batch) -> None:
    expected = np.linalg.norm(linear_gradient(linear, batch))
    assert score("gradient-norm", linear, batch) == pytest.approx(expected, rel=1e-5)


def test_snip_of_a_linear_layer(linear: nn.Sequential, batch: Batch) -> None:
    weight = linear.get_parameter("1.weight").detach().double().numpy()
    expected = np.abs(weight * linear_gradient(linear, batch)).sum()
    assert score("snip", linear, batch) == pytest.approx(expected, rel=1e-5)


def test_norms_are_summed_over_layers_and_leave_norms_and_biases_out(batch: Batch) -> None:
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3)
    )
    expected = score("gradient-norm", network, batch)
    functional.cross_entropy(network(batch[0]), batch[1]).backward()  # type: ignore[no-untyped-call]
    found = [network.get_parameter(name).grad for name in ("0.weight", "4.weight")]
    assert sum(float(g.norm()) for g in found if g is not None) == pytest.approx(expected)


def test_grasp_is_minus_the_weights_times_hessian_times_gradient(
    smooth: nn.Sequential, batch: Batch
) -> None:
    names = ("0.weight", "3.weight")
    sizes = [smooth.get_parameter(name).numel() for name in names]

    def loss(flat: Tensor) -> Tensor:
        parts = zip(names, torch.split(flat, sizes), strict=True)
        weights = {n: part.view_as(smooth.get_parameter(n)) for n, part in parts}
        logits = functional_call(smooth, weights, (batch[0].double(),))
        return functional.cross_entropy(logits, batch[1])

    flat = torch.cat([smooth.get_parameter(name).detach().flatten() for name in names])
    hessian = torch.autograd.functional.hessian(loss, flat)  # type: ignore[no-untyped-call]
    gradient = torch.autograd.functional.jacobian(loss, flat)  # type: ignore[no-untyped-call]
    expected = -float(flat @ hessian @ gradient)
    found = score("grasp", smooth, (batch[0].double(), batch[1]))
    assert found == pytest.approx(expected, rel=1e-9)


def test_grasp_is_the_squared_gradient_where_batchnorm_takes_every_scale_away(
    batch: Batch,
) -> None:
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3, bias=False),
        nn.BatchNorm2d(4, eps=1e-12),
        nn.GELU(),
        nn.Conv2d(4, 3, 2, bias=False),
        nn.BatchNorm2d(3, eps=1e-12),
        nn.Flatten(),
    ).double()
    images, labels = batch[0].double(), batch[1]
    found = score("grasp", network, (images, labels))
    functional.cross_entropy(network(images), labels).backward()  # type: ignore[no-untyped-call]
    gradients = [network.get_parameter(name).grad for name in ("0.weight", "3.weight")]
    squared = sum(float(g.square().sum()) for g in gradients if g is not None)
    assert found == pytest.approx(squared, rel=1e-6)
