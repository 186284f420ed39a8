"""A chain of few operations, whole and with some of everything pruned."""

from pathlib import Path

import pytest
import torch

from hwnas.network.granular import GRANULARITIES, RelaxedChain, relaxed
from hwnas.space import space_named
from hwnas.space.prunable import PrunableChain, prunable

SPACE = str(Path(__file__).parents[2] / "spaces" / "prunable.toml")


@pytest.fixture(scope="session")
def chain() -> PrunableChain:
    made = prunable(space_named(SPACE, input_size=8, in_channels=1, n_classes=10))
    assert isinstance(made, PrunableChain)
    return made


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn((16, 1, 8, 8), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def whole(chain: PrunableChain, images: torch.Tensor) -> RelaxedChain:
    """In eval mode, with the statistics of some images."""
    made = relaxed(chain, GRANULARITIES, seed=0)
    assert isinstance(made, RelaxedChain)
    for _ in range(3):
        made(images)
    return made.eval()


@pytest.fixture
def pruned(whole: RelaxedChain) -> RelaxedChain:
    """With an operation of each node, and some filters and weights of the others, dead."""
    generator = torch.Generator().manual_seed(2)
    for position, node in whole.placed():
        for place, one in enumerate(node.living.values()):
            if place == 1 and position != "head":
                one.alive.fill_(False)
            if one.gates:
                one.gates["hidden"].logits.data.normal_(generator=generator)
                one.gates["hidden"].alive.copy_(
                    torch.rand(one.sizes["hidden"], generator=generator) < 0.5
                )
            for convolution in one.convolutions:
                drawn = torch.rand(convolution.weight.shape, generator=generator)
                convolution.alive.copy_(drawn < 0.7)
    return whole
