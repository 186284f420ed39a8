"""Rounded layers: what they compute, that they learn, and that nothing of them is left."""

import copy

import pytest
import torch
from torch import nn

from hwnas.train.quantization_aware import RoundedWeight, round_layers, unround_layers


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU6(), nn.Flatten(), nn.Linear(8 * 36, 5)
    )


IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_a_rounded_weight_has_255_values_a_channel_at_most() -> None:
    weight = torch.randn(4, 500)
    rounded = RoundedWeight()(weight)
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    assert torch.allclose((rounded / scale).round(), rounded / scale, atol=1e-3)
    assert (rounded - weight).abs().max() <= scale.max() / 2 + 1e-6


def test_outputs_change_a_little_and_gradients_pass() -> None:
    exact, rounded = network(), network()
    round_layers(rounded)
    difference = (rounded(IMAGES) - exact(IMAGES)).abs().max()
    assert 0 < difference < 0.1
    rounded(IMAGES).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in rounded.parameters())


def test_a_copy_rounds_by_its_own_ranges() -> None:
    first = network()
    round_layers(first)
    first(IMAGES)
    second = copy.deepcopy(first)
    second(10 * IMAGES)
    assert not torch.equal(first[0].input_range, second[0].input_range)  # type: ignore[arg-type]


def test_ranges_stand_still_outside_of_training() -> None:
    rounded = network()
    round_layers(rounded)
    rounded(IMAGES)
    before = rounded.eval()[0].input_range.clone()  # type: ignore[operator]
    rounded(10 * IMAGES)
    assert torch.equal(before, rounded[0].input_range)  # type: ignore[arg-type]


def test_nothing_of_the_rounding_is_left() -> None:
    plain, rounded = network().eval(), network().eval()
    round_layers(rounded)
    rounded(IMAGES)
    unround_layers(rounded)
    assert torch.equal(plain(IMAGES), rounded(IMAGES))
    assert plain.state_dict().keys() == rounded.state_dict().keys()


def test_what_was_not_made_ready_is_refused() -> None:
    rounded = network()
    round_layers(rounded)
    rounded[0].input_range = None  # type: ignore[assignment]
    with pytest.raises(TypeError, match="round_layers"):
        rounded(IMAGES)
