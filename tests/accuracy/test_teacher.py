"""Teachers by name: counts against the blocks, proxies asked when and as often as needed."""

from collections.abc import Callable

import pytest
import torch

from hwnas.accuracy.proxies import PROXIES, ZeroCostSource
from hwnas.accuracy.teacher import COUNTS, MEMBERS, TEACHERS, teacher_named
from hwnas.errors import UnknownNameError
from hwnas.space import Architecture, Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.train import Teacher
from hwnas.train.images import Batch

SHORTER = Architecture(("8", "8", "k3e3", "skip", "16", "k3e3", "skip"))
LONGER = Architecture(("8", "8", "k3e3", "k3e3", "16", "k3e3", "skip"))


def a_batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 1, 8, 8, generator=generator), torch.arange(6)


def no_batch() -> Batch:
    pytest.fail("asked for images")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the proxy, for every network it scored."""
    scored: list[str] = []

    def watched(name: str) -> Callable[..., float]:
        def proxy(*_: object) -> float:
            scored.append(name)
            return float(len(scored))

        return proxy

    for name in PROXIES:
        monkeypatch.setitem(PROXIES, name, watched(name))
    return scored


def teacher(name: str, space: Space) -> Teacher:
    return teacher_named(name, space, a_batch, seed=0)


def test_every_proxy_may_teach_and_so_may_several() -> None:
    assert set(TEACHERS) == {*PROXIES, "ensemble"} and len(set(TEACHERS)) == len(TEACHERS)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_ranks_a_longer_network_higher_and_builds_nothing(
    small_space: Space, asked: list[str], name: str
) -> None:
    worth = teacher_named(name, small_space, no_batch, seed=0)
    assert worth(LONGER) > worth(SHORTER) and not asked


def test_counts_are_those_of_the_network() -> None:
    space, identities = NasbenchMacroSpace(), Architecture(("identity",) * 8)
    projections = 32 * 64 * 16**2 + 64 * 128 * 8**2 + 128 * 256 * 4**2
    ends = 27 * 32 * 32**2 + 256 * 1280 * 4**2 + 1280 * 10
    assert teacher("macs", space)(identities) == projections + ends


@pytest.mark.parametrize("name", [name for name in PROXIES if name not in COUNTS])
def test_a_proxy_teaches_what_it_scores(small_space: Space, name: str) -> None:
    source = ZeroCostSource(small_space, name, a_batch(), seed=0)
    assert teacher(name, small_space)(LONGER) == source.score(LONGER)


def test_a_proxy_scores_a_network_once_and_when_it_is_first_asked(
    small_space: Space, asked: list[str]
) -> None:
    worth = teacher("naswot", small_space)
    assert not asked
    assert worth(LONGER) == worth(LONGER) != worth(SHORTER)
    assert asked == ["naswot", "naswot"]


def test_an_ensemble_asks_all_its_members_and_no_other_proxy(
    small_space: Space, asked: list[str]
) -> None:
    teacher("ensemble", small_space)(LONGER)
    assert set(asked) == set(MEMBERS)


def test_an_ensemble_ranks_alike_whatever_it_was_asked_before(small_space: Space) -> None:
    one, other = teacher("ensemble", small_space), teacher("ensemble", small_space)
    forth = [one(architecture) for architecture in (SHORTER, LONGER)]
    assert forth == [other(architecture) for architecture in (LONGER, SHORTER)][::-1]


def test_an_unknown_teacher_is_told_the_nearest_and_all(small_space: Space) -> None:
    said = "No teacher 'nastwo'; did you mean 'naswot'[?] Known: ensemble, fisher, .*, zen[.]"
    with pytest.raises(UnknownNameError, match=said):
        teacher("nastwo", small_space)
