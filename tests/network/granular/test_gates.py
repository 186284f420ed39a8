"""Weights above a threshold, whatever the magnitude of their convolution."""

import pytest
import torch

from hwnas.network.granular.gates import MaskedConv


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_a_threshold_counts_in_magnitudes_of_the_convolution(scale: float) -> None:
    torch.manual_seed(0)
    convolution = MaskedConv(8, 8, 3)
    features = torch.randn(1, 8, 4, 4)
    threshold = torch.tensor(0.5)
    expected = scale * convolution.masked(features, threshold)
    assert 0.2 < float((convolution.margins(threshold) < 0).float().mean()) < 0.4
    convolution.weight.data *= scale
    torch.testing.assert_close(convolution.masked(features, threshold), expected)


def test_the_magnitude_is_that_of_weights_that_are_alive() -> None:
    convolution = MaskedConv(1, 4)
    convolution.weight.data.copy_(torch.tensor([1.0, -2.0, 3.0, 100.0]).view(4, 1, 1, 1))
    convolution.alive[3] = False
    assert float(convolution.magnitude().detach()) == pytest.approx(2.0)
    threshold = torch.tensor(1.2, requires_grad=True)
    convolution.masked(torch.ones(1, 1, 1, 1), threshold).sum().backward()  # type: ignore[no-untyped-call]
    assert threshold.grad is not None
    assert convolution.weight.grad is not None
    assert bool(convolution.weight.grad[3] == 0)
