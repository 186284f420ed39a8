"""One set of weights, and each network's slice of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hwnas.network import Supernet, build
from hwnas.space import (
    Architecture,
    Space,
    blocks_of,
    random_architecture,
    space_named,
)
from hwnas.space.mobilenet import MobilenetSpace


@pytest.fixture(params=["small", "small with attention", "nasbench-macro"])
def space(request: pytest.FixtureRequest, small_space: Space) -> Space:
    """Three spaces that share weights in different ways."""
    if request.param == "nasbench-macro":
        return space_named("nasbench-macro", input_size=8, in_channels=1, n_classes=10)
    assert isinstance(small_space, MobilenetSpace)
    ratio = 0.25 if "attention" in request.param else 0.0
    stage = replace(small_space.stages[0], expansions=(1, 3), kernel_sizes=(3, 7))
    return replace(small_space, se_ratio=ratio, stages=(stage, small_space.stages[1]))


@pytest.fixture
def supernet(space: Space) -> Supernet:
    return Supernet(space, torch.Generator().manual_seed(0))


@pytest.fixture
def images() -> Tensor:
    return torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def random_networks(space: Space, n: int) -> list[Architecture]:
    rng = np.random.default_rng(2)
    return [random_architecture(space, rng) for _ in range(n)]


def slice_of(supernet: Supernet, key: str, shape: torch.Size) -> tuple[Tensor, tuple[slice, ...]]:
    """The shared tensor, and the leading channels and kernel's centre that ``shape`` takes."""
    shared = supernet.shared[key]
    centres = [(full - part) // 2 for full, part in zip(shared.shape[2:], shape[2:], strict=True)]
    starts = [0] * min(len(shape), 2) + centres
    return shared, tuple(
        slice(start, start + part) for start, part in zip(starts, shape, strict=True)
    )


def own_slices(
    supernet: Supernet, network: nn.Module, architecture: Architecture
) -> list[tuple[str, nn.Parameter, Tensor, tuple[slice, ...]]]:
    """Key, the network's parameter, the shared tensor, and where in it the parameter lies."""
    chosen = blocks_of(supernet.space, architecture)
    found = []
    for name, parameter in network.named_parameters():
        index, _, rest = name.partition(".")
        position, block = chosen.positions[int(index)], chosen[int(index)]
        key = f"{position}/{block.kind}/{rest}".replace(".", ":")
        found.append((key, parameter, *slice_of(supernet, key, parameter.shape)))
    return found


def test_a_subnets_parameters_are_slices_of_the_shared_ones(
    space: Space, supernet: Supernet
) -> None:
    for architecture in random_networks(space, 4):
        subnet = supernet.subnet(architecture)
        for _, parameter, shared, window in own_slices(supernet, subnet, architecture):
            assert torch.equal(parameter, shared[window])


def test_a_path_gives_the_logits_of_its_subnet(
    space: Space, supernet: Supernet, images: Tensor
) -> None:
    for architecture in random_networks(space, 4):
        alone = supernet.subnet(architecture).train()(images)
        torch.testing.assert_close(supernet(images, architecture), alone, atol=1e-5, rtol=0)


def test_gradients_reach_the_slices_used_and_nothing_else(
    space: Space, supernet: Supernet, images: Tensor
) -> None:
    (architecture,) = random_networks(space, 1)
    supernet(images, architecture).square().sum().backward()
    used = set()
    for key, _, shared, window in own_slices(
        supernet, supernet.subnet(architecture), architecture
    ):
        assert shared.grad is not None
        outside = shared.grad.clone()
        outside[window] = 0
        assert outside.count_nonzero() == 0, key
        used.add(key)
    assert {key for key, value in supernet.shared.items() if value.grad is not None} == used


def test_gradients_are_those_of_the_subnet_alone(
    space: Space, supernet: Supernet, images: Tensor
) -> None:
    (architecture,) = random_networks(space, 1)
    subnet = supernet.subnet(architecture).train()
    subnet(images).square().sum().backward()
    supernet(images, architecture).square().sum().backward()
    for _, parameter, shared, window in own_slices(supernet, subnet, architecture):
        assert shared.grad is not None and parameter.grad is not None
        scale = float(parameter.grad.abs().max()) + 1e-3
        assert (shared.grad[window] - parameter.grad).abs().max() < 1e-3 * scale


def test_training_one_network_moves_another_that_shares_its_slices(
    space: Space, supernet: Supernet, images: Tensor
) -> None:
    trained, other = (
        Architecture(tuple(decision.options[place] for decision in space.decisions))
        for place in (0, -1)
    )
    before = supernet(images, other).detach()
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.1)
    supernet(images, trained).square().sum().backward()
    optimizer.step()
    assert not torch.allclose(supernet(images, other), before)


def test_a_subnet_is_a_copy_of_its_own(space: Space, supernet: Supernet) -> None:
    (architecture,) = random_networks(space, 1)
    shared = {key: value.detach().clone() for key, value in supernet.shared.items()}
    for parameter in supernet.subnet(architecture).parameters():
        parameter.data.fill_(7.0)
    assert all(torch.equal(supernet.shared[key], value) for key, value in shared.items())


def test_the_largest_network_needs_every_channel(small_space: Space) -> None:
    supernet = Supernet(small_space, torch.Generator().manual_seed(0))
    largest = Architecture(("8", "16", "k5e3", "k5e3", "16", "k5e3", "k5e3"))
    network = build(blocks_of(small_space, largest))
    n_shared = sum(value.numel() for value in supernet.parameters())
    assert n_shared == sum(value.numel() for value in network.parameters())


def test_the_small_kernel_is_the_middle_of_the_large_one(small_space: Space) -> None:
    supernet = Supernet(small_space, torch.Generator().manual_seed(0))
    small, large = (
        supernet.subnet(Architecture(("8", "8", kernel, "skip", "16", "k3e3", "skip")))
        for kernel in ("k3e3", "k5e3")
    )
    name = "1.depthwise.0.weight"
    middle = large.get_parameter(name)[:, :, 1:4, 1:4]
    assert torch.equal(small.get_parameter(name), middle)


def test_images_are_resized_to_the_networks_resolution(small_space: Space) -> None:
    assert isinstance(small_space, MobilenetSpace)
    space = replace(small_space, input_sizes=(8, 12))
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    rest = ("8", "k3e3", "skip", "16", "k3e3", "skip")
    flat = torch.full((2, 1, 8, 8), 0.5)
    enlarged = supernet(flat, Architecture(("12", *rest)))
    given = supernet(torch.full((2, 1, 12, 12), 0.5), Architecture(("12", *rest)))
    torch.testing.assert_close(enlarged, given)


def test_a_supernet_is_the_same_for_the_same_seed(small_space: Space) -> None:
    first, again = (Supernet(small_space, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(first.shared[key], again.shared[key]) for key in first.shared)
