"""Group and Hamming distance, and what they are between random networks."""

from collections import Counter

import numpy as np
import pytest

from hwnas.errors import UnknownNameError
from hwnas.space import (
    Architecture,
    Decision,
    Distance,
    Space,
    distance_named,
    group_distance,
    hamming_distance,
    random_architecture,
    space_named,
)
from hwnas.space.nasbench201 import OPTIONS, Nasbench201Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace

WITHOUT_NONE = Nasbench201Space(operations=OPTIONS[1:])
"""The 4,096 cells of RD-NAS."""


class Unclassed:
    """A space of two decisions that says nothing of classes."""

    decisions = (Decision("a", ("1", "2")), Decision("b", ("1", "2", "3")))


def test_group_distance_of_random_cells_is_the_published_one() -> None:
    distance = group_distance(WITHOUT_NONE)
    assert distance.mean == pytest.approx(6.75)
    assert distance.deviation == pytest.approx(2.19, abs=0.005)
    assert distance.largest == 12


def test_hamming_distance_of_random_cells_is_the_published_one() -> None:
    distance = hamming_distance(WITHOUT_NONE)
    assert distance.mean == pytest.approx(4.5)
    assert distance.deviation == pytest.approx(1.06, abs=0.005)
    assert distance.largest == 6


@pytest.mark.parametrize(("name", "share"), [("group", 0.50), ("hamming", 0.53)])
def test_about_half_of_all_pairs_are_farther_than_the_mean(name: str, share: float) -> None:
    distance, rng = distance_named(name, WITHOUT_NONE), np.random.default_rng(0)
    space = WITHOUT_NONE
    far = [
        distance(random_architecture(space, rng), random_architecture(space, rng)) >= distance.mean
        for _ in range(4000)
    ]
    assert np.mean(far) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    ("option", "apart"),
    [("nor_conv_3x3", 0), ("nor_conv_1x1", 0.5), ("avg_pool_3x3", 2), ("none", 2)],
)
def test_options_of_a_class_are_near(option: str, apart: float) -> None:
    distance = group_distance(Nasbench201Space())
    one = Architecture(("nor_conv_3x3",) * 6)
    assert distance(one, Architecture((option, *one.choices[1:]))) == apart


def test_the_moments_are_those_of_random_pairs(small_space: Space) -> None:
    distance = group_distance(small_space)
    first = Architecture(tuple(d.options[0] for d in small_space.decisions))
    assert distance(first, first) == 0
    rng = np.random.default_rng(0)
    drawn = [
        distance(random_architecture(small_space, rng), random_architecture(small_space, rng))
        for _ in range(4000)
    ]
    assert np.mean(drawn) == pytest.approx(distance.mean, abs=0.1)
    assert np.std(drawn) == pytest.approx(distance.deviation, abs=0.1)
    assert max(drawn) <= distance.largest


@pytest.mark.parametrize("name", ["group", "hamming"])
def test_a_distance_is_symmetric(small_space: Space, name: str) -> None:
    distance, rng = distance_named(name, small_space), np.random.default_rng(1)
    for _ in range(20):
        one, other = (random_architecture(small_space, rng) for _ in range(2))
        assert distance(one, other) == distance(other, one)


def test_inverted_residuals_are_of_a_kind_and_widths_are_not(small_space: Space) -> None:
    distance = group_distance(small_space)
    one = Architecture(("8", "8", "k3e3", "k3e3", "16", "k3e3", "skip"))
    kernel = Architecture(("8", "8", "k5e3", "k3e3", "16", "k3e3", "skip"))
    skipped = Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))
    wider = Architecture(("8", "16", "k3e3", "k3e3", "16", "k3e3", "skip"))
    assert [distance(one, other) for other in (kernel, skipped, wider)] == [0.5, 2, 2]


def test_a_space_without_classes_makes_each_option_its_own() -> None:
    distance: Distance = group_distance(Unclassed())  # type: ignore[arg-type]
    assert distance(Architecture(("1", "1")), Architecture(("2", "3"))) == 4
    assert distance.mean == pytest.approx(2 * (1 / 2 + 2 / 3))


def test_macro_blocks_have_two_classes() -> None:
    space = NasbenchMacroSpace()
    classes = Counter(
        space.option_class(space.decisions[0], o) for o in ("identity", "k3e3", "k5e6")
    )
    assert sorted(classes.values()) == [1, 2]


def test_a_space_of_one_network_has_no_distances() -> None:
    preset = space_named("mobilenetv2@0.1", input_size=32, in_channels=3, n_classes=2)
    assert group_distance(preset).largest == 0


def test_an_unknown_distance_is_told_the_nearest(small_space: Space) -> None:
    with pytest.raises(UnknownNameError, match="No distance 'groups'; did you mean 'group'"):
        distance_named("groups", small_space)
