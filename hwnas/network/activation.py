"""Activations by the names that blocks give them."""

from collections.abc import Callable, Mapping

from torch import nn

ACTIVATION_MODULES: Mapping[str, Callable[[], nn.Module]] = {
    "none": nn.Identity,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hard_swish": nn.Hardswish,
    "swish": nn.SiLU,
}
