"""Pairs of the margin sampler: far apart, and always found."""

import numpy as np
import pytest

from hwnas.space import (
    Architecture,
    Distance,
    Space,
    distance_named,
    group_distance,
    random_architecture,
    space_named,
)
from hwnas.train.margin_pairs import MAX_DRAWS, margin_pair


@pytest.mark.parametrize("name", ["group", "hamming"])
def test_a_pair_is_at_least_the_mean_distance_apart(small_space: Space, name: str) -> None:
    distance, rng = distance_named(name, small_space), np.random.default_rng(0)
    for _ in range(200):
        assert distance(*margin_pair(small_space, distance, rng)) >= distance.mean


def test_the_first_of_a_pair_is_uniform(small_space: Space) -> None:
    distance = group_distance(small_space)
    first, _ = margin_pair(small_space, distance, np.random.default_rng(5))
    assert first == random_architecture(small_space, np.random.default_rng(5))


def test_a_space_of_one_network_gives_it_twice() -> None:
    preset = space_named("mobilenetv2@0.1", input_size=32, in_channels=3, n_classes=2)
    one, other = margin_pair(preset, group_distance(preset), np.random.default_rng(0))
    assert one == other


class Unreachable(Distance):
    """Says that its mean is more than any two networks are apart."""

    n_asked = 0

    @property
    def mean(self) -> float:
        return self.largest + 1

    def __call__(self, one: Architecture, other: Architecture) -> float:
        type(self).n_asked += 1
        return super().__call__(one, other)


def test_attempts_are_bounded_and_the_farthest_is_taken(small_space: Space) -> None:
    near = group_distance(small_space)
    distance = Unreachable(near.decisions, near.tables)
    one, other = margin_pair(small_space, distance, np.random.default_rng(0))
    assert Unreachable.n_asked <= 2 * MAX_DRAWS
    assert near(one, other) > near.mean
