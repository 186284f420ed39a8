"""A mini-batch divided among several random networks."""

import numpy as np
import pytest
import torch

from hwnas.space import Architecture, Space, random_architecture
from hwnas.train.rules import Step
from hwnas.train.rules.uniform import UniformPath
from tests.train.conftest import MakeStep


def gradients(step: Step) -> dict[str, torch.Tensor]:
    parameters = step.supernet.named_parameters()
    return {name: p.grad.clone() for name, p in parameters if p.grad is not None}


def seen(step: Step) -> list[tuple[Architecture, int]]:
    """The networks that run, each with the number of images it is shown."""
    forward, calls = step.supernet.forward, list[tuple[Architecture, int]]()

    def watched(images: torch.Tensor, architecture: Architecture) -> torch.Tensor:
        calls.append((architecture, len(images)))
        return forward(images, architecture)

    step.supernet.forward = watched  # type: ignore[method-assign]
    return calls


@pytest.mark.parametrize(("n_paths", "sizes"), [(1, [16]), (4, [4] * 4), (3, [6, 5, 5])])
def test_each_image_is_shown_to_one_network(
    small_space: Space, make_step: MakeStep, n_paths: int, sizes: list[int]
) -> None:
    step, rng = make_step(), np.random.default_rng(0)
    calls = seen(step)
    UniformPath(small_space, n_paths).backward(step)
    assert calls == [(random_architecture(small_space, rng), size) for size in sizes]


def test_no_part_is_a_single_image(small_space: Space, make_step: MakeStep) -> None:
    step = make_step()
    calls = seen(step)
    UniformPath(small_space, 100).backward(step)
    assert [size for _, size in calls] == [2] * 8


def test_gradients_are_those_of_the_mean_over_the_batch(
    small_space: Space, make_step: MakeStep
) -> None:
    step, rng = make_step(), np.random.default_rng(0)
    UniformPath(small_space, 3).backward(step)
    found = gradients(step)
    step = make_step()
    drawn = [random_architecture(small_space, rng) for _ in range(3)]
    parts = zip(drawn, step.images.tensor_split(3), step.labels.tensor_split(3), strict=True)
    losses = [
        torch.nn.functional.cross_entropy(step.supernet(images, one), labels, reduction="sum")
        for one, images, labels in parts
    ]
    (torch.stack(losses).sum() / 16).backward()  # type: ignore[no-untyped-call]
    expected = gradients(step)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, atol=1e-5, rtol=1e-4)
