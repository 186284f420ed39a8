"""What every space must do, by being listed."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from hwnas.network import build, input_shape
from hwnas.space import (
    PRESETS,
    SPACES,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    placed_blocks_of,
    random_architecture,
    space_named,
)

RNG = np.random.default_rng(0)
EVERY = [*SPACES, *(f"{name}@0.1" for name in PRESETS)]


@pytest.mark.parametrize("name", EVERY)
class TestEverySpace:
    def test_blocks_fit_together_from_image_to_logits(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        blocks = blocks_of(space, random_architecture(space, RNG))
        assert blocks[0].reads_image
        assert blocks[-1].gives_logits
        for before, after in pairwise(blocks):
            assert (before.out_channels, before.output_size) == (
                after.in_channels,
                after.input_size,
            )

    def test_it_builds_and_gives_one_logit_a_class(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=1, n_classes=7)
        blocks = blocks_of(space, random_architecture(space, RNG))
        assert build(blocks).eval()(torch.zeros(input_shape(blocks, 2))).shape == (2, 7)

    def test_decisions_have_names_of_their_own(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        names = [decision.name for decision in space.decisions]
        assert len(set(names)) == len(names)
        placed = placed_blocks_of(space, random_architecture(space, RNG))
        assert {place.position for place in placed} <= {*names, "start", "finish"}

    def test_it_survives_json(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        architecture = random_architecture(space, RNG)
        document = architecture_to_json(space, architecture)
        assert architecture_from_json(document, "a.json") == (space, architecture)
