"""What every space must do, by being listed."""

import json

import numpy as np
import pytest
import torch

from hwnas.network import build, input_shape
from hwnas.space import (
    IMAGE,
    PRESETS,
    SPACES,
    all_blocks,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    random_architecture,
    space_named,
)

EVERY = [*SPACES, *(f"{name}@0.1" for name in PRESETS)]


@pytest.mark.parametrize("name", EVERY)
class TestEverySpace:
    @pytest.mark.parametrize("seed", range(5))
    def test_blocks_fit_together_from_image_to_logits(self, name: str, seed: int) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
        assert blocks[0].reads_image
        assert blocks[-1].gives_logits
        for block, reads in zip(blocks, blocks.inputs, strict=True):
            for before in (blocks[read] for read in reads if read != IMAGE):
                assert (before.out_channels, before.output_size) == (
                    block.in_channels,
                    block.input_size,
                )

    @pytest.mark.parametrize("seed", range(5))
    def test_its_table_holds_every_block_of_its_networks(self, name: str, seed: int) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        architecture = random_architecture(space, np.random.default_rng(seed))
        assert set(blocks_of(space, architecture)) <= set(all_blocks(space))

    def test_it_is_one_value_however_often_it_is_named(self, name: str) -> None:
        first, again = (
            space_named(name, input_size=32, in_channels=3, n_classes=7) for _ in range(2)
        )
        assert first == again and first.decisions == again.decisions

    def test_it_builds_and_gives_one_logit_a_class(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=1, n_classes=7)
        blocks = blocks_of(space, random_architecture(space, np.random.default_rng(0)))
        assert build(blocks).eval()(torch.zeros(input_shape(blocks, 2))).shape == (2, 7)

    def test_decisions_and_blocks_have_names_of_their_own(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        names = [decision.name for decision in space.decisions]
        assert len(set(names)) == len(names)
        network = blocks_of(space, random_architecture(space, np.random.default_rng(0)))
        assert len(set(network.positions)) == len(network)

    def test_it_survives_json(self, name: str) -> None:
        space = space_named(name, input_size=32, in_channels=3, n_classes=7)
        architecture = random_architecture(space, np.random.default_rng(0))
        document = json.loads(json.dumps(architecture_to_json(space, architecture)))
        assert architecture_from_json(document, "a.json") == (space, architecture)
