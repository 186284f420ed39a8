"""Training against the rounding of int8: weights and inputs of layers are rounded, gradients not.

As Jacob et al. (2018) simulate it: a weight has a scale for each output channel, an input the
range that it was seen to have, and the gradient passes the rounding straight through. Scales of
weights follow them, so a BatchNorm that is folded into its convolution later changes nothing.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

LARGEST_WEIGHT, LARGEST_INPUT = 127, 255
MOMENTUM = 0.05
"""Of an input's range, towards each batch's."""
SMALLEST_SCALE = 1e-8


class RoundedWeight(nn.Module):
    """A weight as int8 holds it, symmetric, with a scale for each output channel."""

    def forward(self, weight: Tensor) -> Tensor:
        """``(out_channels, …)`` of the same shape."""
        largest = weight.detach().abs().flatten(1).amax(dim=1)
        scale = (largest / LARGEST_WEIGHT).clamp(min=SMALLEST_SCALE)
        zero = torch.zeros_like(scale, dtype=torch.int32)
        rounded: Tensor = torch.fake_quantize_per_channel_affine(
            weight, scale, zero, 0, -LARGEST_WEIGHT, LARGEST_WEIGHT
        )
        return rounded


def round_layers(network: nn.Module) -> None:
    """Let every convolution and matrix product compute with rounded weights and inputs."""
    for layer in _layers(network):
        parametrize.register_parametrization(layer, "weight", RoundedWeight())
        layer.register_buffer("input_range", torch.full((2,), torch.nan))
        layer.register_forward_pre_hook(_rounded_input)


def unround_layers(network: nn.Module) -> None:
    """Take the rounding out again; what was learned stays."""
    for layer in _layers(network):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        layer._forward_pre_hooks.clear()
        del layer.input_range


def _layers(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def _rounded_input(layer: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    """Rounded within the range seen so far, which always holds 0."""
    (values,) = inputs
    known = layer.input_range
    if not isinstance(known, Tensor):
        raise TypeError(f"{layer} was not made ready by round_layers")
    if layer.training or known.isnan().any():
        low, high = values.detach().aminmax()
        seen = torch.stack([low.clamp(max=0), high.clamp(min=0)])
        known.copy_(torch.where(known.isnan(), seen, known + MOMENTUM * (seen - known)))
    scale = ((known[1] - known[0]) / LARGEST_INPUT).clamp(min=SMALLEST_SCALE)
    zero = (-known[0] / scale).round().clamp(0, LARGEST_INPUT).to(torch.int32)
    rounded = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, LARGEST_INPUT)
    return (rounded,)
