"""One network as a space: walked, wired and written as any other."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.space import (
    Network,
    all_blocks,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    space_from_json,
    space_named,
)
from hwnas.space.fixed import ONLY, FixedSpace
from hwnas.space.prunable import prunable


@pytest.fixture
def network() -> Network:
    chain = prunable(space_named("mobilenet", input_size=8, in_channels=1, n_classes=10))
    return chain.drawn(np.random.default_rng(3))


def test_its_network_is_that_which_it_was_made_of(network: Network) -> None:
    space = FixedSpace.of("left", network)
    assert blocks_of(space, ONLY) == network
    assert set(all_blocks(space)) == set(network.blocks)


def test_it_survives_json(network: Network) -> None:
    space = FixedSpace.of("left", network)
    document = json.loads(json.dumps(architecture_to_json(space, ONLY)))
    assert architecture_from_json(document, "a.json") == (space, ONLY)


def test_a_block_of_no_known_kind_is_refused(network: Network) -> None:
    document = json.loads(json.dumps(FixedSpace.of("left", network).to_json()))
    document["blocks"][0]["block"]["kind"] = "thick_mbconv"
    with pytest.raises(UnknownNameError, match="thick_mbconv"):
        space_from_json(document, "a.json")


def test_blocks_that_read_what_is_not_there_are_refused(network: Network) -> None:
    space = FixedSpace.of("left", network)
    lost = replace(space.blocks[-1], inputs=("nowhere",))
    with pytest.raises(ValueError, match="nowhere"):
        replace(space, blocks=(*space.blocks[:-1], lost))


def test_a_space_without_blocks_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no blocks"):
        space_from_json({"family": "fixed", "name": "left", "blocks": []}, "a.json")
