"""Fisher information of a classifier and of a convolution, by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from hwnas.accuracy.proxies import PROXIES, score_network

IMAGES = torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 1, 0])


def test_a_classifier_s_information_is_in_its_logits() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(18, 2))
    logits = network(IMAGES).detach()
    gradient = (logits.softmax(1) - functional.one_hot(LABELS, 2)) / 4
    expected = 0.5 * (logits * gradient).square().mean(0).sum().item()
    found = score_network(PROXIES["fisher"], network, (IMAGES, LABELS)).score
    assert found == pytest.approx(expected, rel=1e-5)


def test_pixels_are_summed_before_the_square() -> None:
    network = nn.Sequential(nn.Conv2d(2, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    logits = network(IMAGES).detach()
    gradient = (logits.softmax(1) - functional.one_hot(LABELS, 2)) / 4
    # a pixel has a ninth of its logit's gradient: the sum over pixels is that of the logit
    expected = 0.5 * (logits * gradient).square().mean(0).sum().item()
    found = score_network(PROXIES["fisher"], network, (IMAGES, LABELS)).score
    assert found == pytest.approx(expected, rel=1e-5)


def test_an_activation_in_place_changes_nothing() -> None:
    convolution = nn.Conv2d(2, 2, 1, bias=False)
    scores = {
        score_network(
            PROXIES["fisher"],
            nn.Sequential(convolution, nn.ReLU(in_place), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            (IMAGES, LABELS),
        ).score
        for in_place in (False, True)
    }
    assert len(scores) == 1
