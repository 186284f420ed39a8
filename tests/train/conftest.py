"""What tests of training share: the digits, and a step over the small space."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hwnas.data import DataSet, load_data
from hwnas.network import Supernet
from hwnas.space import Space
from hwnas.train.rules import Step

MakeStep = Callable[..., Step]
"""``make(epoch=0, n_epochs=1, seed=0)``: 16 random images for a supernet without gradients."""


@pytest.fixture(scope="session")
def digits() -> DataSet:
    return load_data("digits")


@pytest.fixture
def make_step(small_space: Space) -> MakeStep:
    supernet = Supernet(small_space, torch.Generator().manual_seed(0))

    def make(epoch: int = 0, n_epochs: int = 1, seed: int = 0) -> Step:
        generator = torch.Generator().manual_seed(seed)
        supernet.zero_grad()
        return Step(
            supernet=supernet,
            images=torch.randn((16, 1, 8, 8), generator=generator),
            labels=torch.randint(10, (16,), generator=generator),
            epoch=epoch,
            n_epochs=n_epochs,
            rng=np.random.default_rng(seed),
        )

    return make
