"""Teachers that count, against the blocks themselves."""

import pytest

from hwnas.errors import UnknownNameError
from hwnas.space import Architecture, Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.train.teacher import TEACHERS, teacher_named


@pytest.mark.parametrize("name", TEACHERS)
def test_a_longer_network_is_worth_more(small_space: Space, name: str) -> None:
    teacher = teacher_named(name, small_space)
    shorter = Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))
    longer = Architecture(("8", "8", "k3e3", "k3e3", "16", "k3e3", "skip"))
    assert teacher(longer) > teacher(shorter)


def test_counts_are_those_of_the_network() -> None:
    space, identities = NasbenchMacroSpace(), Architecture(("identity",) * 8)
    projections = 32 * 64 * 16**2 + 64 * 128 * 8**2 + 128 * 256 * 4**2
    ends = 27 * 32 * 32**2 + 256 * 1280 * 4**2 + 1280 * 10
    assert teacher_named("macs", space)(identities) == projections + ends


def test_an_unknown_teacher_is_told_the_nearest(small_space: Space) -> None:
    with pytest.raises(UnknownNameError, match="No teacher 'mac'; did you mean 'macs'"):
        teacher_named("mac", small_space)
