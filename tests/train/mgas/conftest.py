"""A chain of few operations, what it costs, and a pruner that is done in seconds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwnas.data import DataSet
from hwnas.network.granular import GRANULARITIES, RelaxedChain, relaxed
from hwnas.space import space_named
from hwnas.space.prunable import PrunableChain, prunable
from hwnas.train.mgas import Costs, MgasSettings, Pruner

SPACE = str(Path(__file__).parents[2] / "spaces" / "prunable.toml")
QUICK = {
    "granularities": GRANULARITIES,
    "epoch_images": 256,
    "batch_size": 64,
    "most_epochs": 3,
    "validation_images": 100,
}


@pytest.fixture(scope="session")
def chain() -> PrunableChain:
    made = prunable(space_named(SPACE, input_size=8, in_channels=1, n_classes=10))
    assert isinstance(made, PrunableChain)
    return made


@pytest.fixture
def whole(chain: PrunableChain) -> RelaxedChain:
    made = relaxed(chain, GRANULARITIES, seed=0)
    assert isinstance(made, RelaxedChain)
    return made


@pytest.fixture
def most_parameters() -> Callable[[int], Costs]:
    """Costs where so many parameters that are not pruned are allowed."""

    return Costs.of_parameters


@pytest.fixture
def make_pruner(chain: PrunableChain, digits: DataSet, tmp_path: Path) -> Callable[..., Pruner]:
    def make(data: DataSet = digits, name: str = "pruning.pt", **options: object) -> Pruner:
        on_epoch: Any = options.pop("on_epoch", lambda *_: None)
        origin: Any = options.pop("origin", chain)
        settings: Any = QUICK | options
        return Pruner(
            origin,
            data,
            MgasSettings(**settings),
            seed=0,
            checkpoint=tmp_path / name,
            on_epoch=on_epoch,
        )

    return make
