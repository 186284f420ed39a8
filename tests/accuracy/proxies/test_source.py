"""A space's networks are scored once each, and no answer depends on what was asked before."""

import numpy as np
import pytest
import torch

from hwnas.accuracy.proxies import PROXIES, ZeroCostSource, score_network
from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.network import build
from hwnas.space import Architecture, Space, blocks_of, random_architecture

BATCH = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(4)


@pytest.fixture
def two(small_space: Space) -> tuple[Architecture, Architecture]:
    rng = np.random.default_rng(0)
    return random_architecture(small_space, rng), random_architecture(small_space, rng)


def source(space: Space, proxy: str = "zen") -> ZeroCostSource:
    return ZeroCostSource(space, proxy, BATCH, seed=1)


@pytest.mark.parametrize("proxy", PROXIES)
def test_an_answer_is_the_proxys_on_the_built_network(
    small_space: Space, two: tuple[Architecture, Architecture], proxy: str
) -> None:
    asked = source(small_space, proxy)
    network = build(blocks_of(small_space, two[0]), seed=1)
    expected = score_network(PROXIES[proxy], network, BATCH, seed=1).score
    assert asked.score(two[0]) == expected


def test_the_order_of_asking_does_not_matter(
    small_space: Space, two: tuple[Architecture, Architecture]
) -> None:
    one, other = source(small_space), source(small_space)
    forth = [one.score(architecture) for architecture in two]
    back = [other.score(architecture) for architecture in reversed(two)]
    assert forth == back[::-1] and forth[0] != forth[1]


def test_a_network_is_scored_once(
    small_space: Space, two: tuple[Architecture, Architecture]
) -> None:
    asked = source(small_space)
    first = [asked.score(architecture) for architecture in two]
    spent = asked.seconds
    assert [asked.score(architecture) for architecture in two] == first
    assert asked.seconds == spent > 0


def test_an_architecture_of_another_space_is_refused(small_space: Space) -> None:
    with pytest.raises(InvalidInputError, match="1 choices"):
        source(small_space).score(Architecture(("8",)))


def test_an_unknown_proxy_is_told_the_nearest(small_space: Space) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'synflow'"):
        source(small_space, "synflo")
