"""All networks of a space over shared weights: each takes its slice of the largest."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from hwnas.block import BlockSpec
from hwnas.network.build import WiredBlocks, build
from hwnas.network.modules import module_of
from hwnas.space import Architecture, Network, PlacedBlock, Space, all_placed_blocks, blocks_of

Shapes = dict[str, tuple[int, ...]]


class Supernet(nn.Module):
    """One tensor per parameter name and position, as large as the largest block needs.

    A network's parameter is the leading channels of that tensor and the centre of its kernel
    (Once-for-all, Cai et al. 2020, without its kernel transforms), so that training one network
    trains a part of all. BatchNorm always uses the statistics of the batch at hand: those of
    one path are wrong for the next.
    """

    def __init__(self, space: Space, generator: torch.Generator) -> None:
        super().__init__()
        self.space = space
        shapes = _largest_shapes(all_placed_blocks(space))
        self.shared = nn.ParameterDict(
            {name: nn.Parameter(_initial(name, shape, generator)) for name, shape in shapes}
        )

    def forward(
        self, images: Float[Tensor, "batch channels height width"], architecture: Architecture
    ) -> Float[Tensor, "batch classes"]:
        """The logits of one network; gradients flow into its slices.

        Images of another size than the network's input are resized to it.
        """
        chosen = blocks_of(self.space, architecture)
        network = _without_weights(chosen)
        sliced = self._slices(chosen, dict(network.named_parameters()))
        fitting = resized(images, chosen[0].input_size)
        logits: Tensor = functional_call(network, sliced, (fitting,))
        return logits

    def subnet(self, architecture: Architecture) -> WiredBlocks:
        """A network of its own with inherited weights; BatchNorm statistics are still unset."""
        chosen = blocks_of(self.space, architecture)
        network = build(chosen)
        with torch.no_grad():
            targets = dict(network.named_parameters())
            for name, value in self._slices(chosen, targets).items():
                targets[name].copy_(value)
        return network

    def _slices(self, chosen: Network, targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        placed = zip(chosen.positions, chosen.blocks, strict=True)
        keys = {str(index): _key(*place) for index, place in enumerate(placed)}
        slices = {}
        for name, target in targets.items():
            index, _, parameter = name.partition(".")
            largest = self.shared[f"{keys[index]}/{parameter}".replace(".", ":")]
            slices[name] = largest[_window(tuple(largest.shape), tuple(target.shape))]
        return slices


def resized(
    images: Float[Tensor, "batch channels height width"], size: int
) -> Float[Tensor, "batch channels size size"]:
    """Square images at another resolution, or these if it is theirs."""
    if images.shape[-1] == size:
        return images
    return functional.interpolate(images, size=size, mode="bilinear", antialias=True)


@lru_cache(maxsize=8)
def _without_weights(chosen: Network) -> nn.Module:
    """The network's shapes alone; it holds no state, so the batches of an epoch share it."""
    places = map(PlacedBlock, chosen.positions, chosen.blocks)
    return WiredBlocks(map(_block_without_weights, places), chosen.inputs)


@lru_cache(maxsize=4096)
def _block_without_weights(place: PlacedBlock) -> nn.Module:
    """The block's shapes alone; BatchNorm keeps no statistics and so takes the batch's.

    Building a small network takes longer than running it, and networks of a space share blocks.
    A module may stand in a network only once, so equal blocks elsewhere have one each.
    """
    with torch.device("meta"):
        module = module_of(place.block)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean = part.running_var = part.num_batches_tracked = None
    return module


def _key(position: str, block: BlockSpec) -> str:
    return f"{position}/{block.kind}"


def _largest_shapes(places: Iterable[PlacedBlock]) -> list[tuple[str, tuple[int, ...]]]:
    largest: Shapes = {}
    for place in places:
        with torch.device("meta"):
            module = module_of(place.block)
        for name, parameter in module.named_parameters():
            key = f"{_key(place.position, place.block)}/{name}".replace(".", ":")
            shape = tuple(parameter.shape)
            grown = zip(largest.get(key, shape), shape, strict=True)
            largest[key] = tuple(max(pair) for pair in grown)
    return list(largest.items())


def _window(largest: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[slice, ...]:
    """Leading channels (axes 0 and 1), centre of the kernel (axes 2 and 3)."""
    window = []
    for axis, (full, part) in enumerate(zip(largest, wanted, strict=True)):
        first = (full - part) // 2 if axis >= 2 else 0
        window.append(slice(first, first + part))
    return tuple(window)


def _initial(name: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """He initialisation for weights, 1 for BatchNorm's scale, 0 for shifts and biases."""
    if len(shape) == 1:
        return torch.ones(shape) if name.endswith("weight") else torch.zeros(shape)
    fan_in = torch.Size(shape[1:]).numel()
    deviation: float = ((1.0 if len(shape) == 2 else 2.0) / fan_in) ** 0.5
    return torch.randn(shape, generator=generator) * deviation
