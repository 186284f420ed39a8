import numpy as np
import pytest

from hwnas.errors import NoNetworkFitsError
from hwnas.search.pool import Pool, uniform
from hwnas.space import Architecture, Decision

SMALL = (Decision("a", ("x", "y")), Decision("b", ("x", "y", "z")))
LARGE = tuple(Decision(f"d{i}", tuple("abcdefgh")) for i in range(20))


def starts_with_a(architecture: Architecture) -> bool:
    return architecture.choices[0] == "a"


def test_a_small_space_is_listed_as_far_as_it_fits() -> None:
    pool = Pool(SMALL, lambda architecture: "y" not in architecture.choices)
    assert pool.listed is not None
    assert [str(pool.architecture(row)) for row in pool.listed] == ["x,x", "x,z"]


def test_a_draw_holds_each_network_once() -> None:
    rows = Pool(SMALL).draw(4, uniform(SMALL), np.random.default_rng(0))
    assert len({tuple(row) for row in rows.tolist()}) == 4


def test_a_large_space_is_drawn_from_and_all_that_is_drawn_fits() -> None:
    pool = Pool(LARGE, starts_with_a)
    rows = pool.draw(50, uniform(LARGE), np.random.default_rng(0))
    assert pool.listed is None and len(rows) == 50 and not rows[:, 0].any()


def test_a_large_space_is_drawn_from_by_theta() -> None:
    theta = uniform(LARGE)
    theta[3] = np.eye(8)[5]
    rows = Pool(LARGE).draw(50, theta, np.random.default_rng(0))
    assert set(rows[:, 3].tolist()) == {5}


def test_a_large_space_without_a_network_that_fits_says_so() -> None:
    with pytest.raises(NoNetworkFitsError, match="None of 10000 random networks fits"):
        Pool(LARGE, lambda _: False).draw(1, uniform(LARGE), np.random.default_rng(0))


def test_neighbours_differ_in_one_decision_at_most() -> None:
    pool = Pool(LARGE, starts_with_a)
    near = pool.neighbours(np.zeros((1, 20), dtype=np.int64))
    assert len(near) == 1 + 19 * 7 and (near != 0).sum(axis=1).max() == 1


def test_a_row_and_its_network_name_each_other() -> None:
    pool = Pool(SMALL)
    assert pool.row(pool.architecture([1, 2])) == (1, 2)
