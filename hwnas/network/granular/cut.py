"""Layers of the channels that are left: those of another layer, by their places in it."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from hwnas.network.granular.gates import FilterGates, MaskedConv

Cuts = Mapping[str, Int64[Tensor, " kept"]]
"""Axis to places in what it was; -1 for a channel that it had not."""
TINY = 1e-8
"""Of a new weight that has a threshold: above 0, for what is not kept learns nothing."""
NEW: Mapping[type[nn.Module], Mapping[str, float]] = {
    MaskedConv: {"weight": TINY, "alive": 1.0},
    nn.Conv2d: {"weight": 0.0},
    nn.BatchNorm2d: {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0},
    FilterGates: {"logits": 0.0, "alive": 0.0},
    nn.Linear: {"weight": 0.0},
}
"""What channels begin with that were not there."""


@torch.no_grad()
def take(made: nn.Module, whole: nn.Module, axes: Sequence[str | None], cuts: Cuts) -> None:
    """Fill a layer with channels of another one; ``axes`` name the dimensions of its weights."""
    new = NEW[type(whole)]
    for name, value in _tensors(whole):
        taken = value
        for dim, axis in enumerate(axes[: value.ndim] if name in new else ()):
            if axis is not None and axis in cuts:
                taken = _selected(taken, dim, cuts[axis], new[name])
        getattr(made, name).copy_(taken)


def _tensors(layer: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from layer.named_parameters(recurse=False)
    yield from layer.named_buffers(recurse=False)


def _selected(values: Tensor, dim: int, places: Tensor, new: float) -> Tensor:
    selected = values.index_select(dim, places.clamp_min(0))
    absent = torch.nonzero(places < 0).flatten()
    return selected.index_fill_(dim, absent, new)
