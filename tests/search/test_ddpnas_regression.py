from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from hwnas.errors import InvalidInputError
from hwnas.search import DdpnasRegression, RegressionSettings, SearchTerms, pool
from hwnas.search.regression import Regression
from hwnas.space import Architecture, Decision

SMALL = tuple(Decision(f"d{i}", tuple("abcde")) for i in range(4))
LARGE = tuple(Decision(f"d{i}", tuple("abcdefg")) for i in range(21))
Accuracy = Callable[[Architecture], float]


def near(target: str) -> Accuracy:
    """More with each decision that takes the target's option, and with each pair that does."""

    def accuracy(architecture: Architecture) -> float:
        hits = [a == b for a, b in zip(architecture.choices, target, strict=True)]
        pairs = [first and second for first, second in pairwise(hits)]
        return 0.2 + 0.4 * sum(hits) / len(hits) + 0.35 * sum(pairs) / len(pairs)

    return accuracy


def run(search: DdpnasRegression, accuracy: Accuracy) -> list[Architecture]:
    asked = []
    while not search.finished:
        asked.append(search.ask())
        search.tell(asked[-1], accuracy(asked[-1]))
    return asked


def search(
    decisions: tuple[Decision, ...] = SMALL, seed: int = 0, **terms: object
) -> DdpnasRegression:
    rng = np.random.default_rng(seed)
    return DdpnasRegression(decisions, rng, SearchTerms(**terms))  # type: ignore[arg-type]


def test_it_asks_as_often_as_ddpnas_unless_told_otherwise() -> None:
    assert search().n_asks == 42 and search(n_asks=100).n_asks == 100


def test_no_network_is_asked_for_twice() -> None:
    asked = run(search(n_asks=200), near("abcd"))
    assert len(set(asked)) == 200


@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_a_space_is_enough_to_find_its_best_network(seed: int) -> None:
    assert Architecture(tuple("bead")) in run(search(seed=seed, n_asks=62), near("bead"))


def test_it_climbs_in_a_space_too_large_to_list() -> None:
    target = "abcdefgabcdefgabcdefg"
    best = max(map(near(target), run(search(LARGE, n_asks=300), near(target))))
    rng = np.random.default_rng(0)
    drawn = [Architecture(tuple(rng.choice(list("abcdefg"), 21).tolist())) for _ in range(3000)]
    assert best > max(map(near(target), drawn)) + 0.2


def test_what_does_not_fit_is_never_asked_for() -> None:
    asked = run(search(n_asks=60, fits=lambda a: a.choices[0] != "b"), near("bead"))
    assert all(architecture.choices[0] != "b" for architecture in asked)
    assert max(map(near("bead"), asked)) == near("bead")(Architecture(tuple("aead")))


def test_where_less_fits_than_may_be_asked_it_asks_for_all_of_it() -> None:
    asked = run(search(n_asks=60, fits=lambda a: a.choices[:3] == tuple("abc")), near("bead"))
    assert sorted(map(str, asked)) == [f"a,b,c,{last}" for last in "abcde"]


def test_where_no_new_network_is_found_in_a_large_space_its_best_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "MAX_LISTED", 0)
    asked = run(search(n_asks=30, fits=lambda a: a.choices[1:] == tuple("ead")), near("bead"))
    assert len(asked) == 30 and len(set(asked)) == 5
    assert asked[-1] == Architecture(tuple("bead"))


def test_the_best_scores_are_the_best_network() -> None:
    finished = search(n_asks=100)
    run(finished, near("bead"))
    best = [max(row, key=row.__getitem__) for row in finished.scores.values()]
    assert "".join(best) == "bead"


def test_the_regression_knows_what_it_was_told_and_doubts_what_it_was_not() -> None:
    rows = np.array([[i, j] for i in range(5) for j in range(4)])
    accuracies = 0.5 + 0.04 * rows.sum(axis=1)
    regression = Regression([5, 5])
    regression.fit(rows, accuracies, regression.learned(rows, accuracies))
    expected, deviation = regression.predict(rows)
    assert regression.accuracies(expected) == pytest.approx(accuracies, abs=0.02)
    assert regression.predict(np.array([[0, 4]]))[1][0] > deviation.max()


@pytest.mark.parametrize(
    "wrong", [{"n_first": 0}, {"n_batches": 0}, {"caution": -1.0}, {"temperature": 0.0}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        RegressionSettings(**wrong)  # type: ignore[arg-type]


def test_a_search_of_another_length_is_not_taken_up() -> None:
    with pytest.raises(InvalidInputError, match="other settings"):
        search(n_asks=50).restore(search(n_asks=60).to_json())


@pytest.mark.parametrize("wrong", [{"accuracies": [0.5]}, {"credit": [[0.0]]}, {"rows": 3}])
def test_a_state_whose_parts_do_not_line_up_is_refused(wrong: dict[str, object]) -> None:
    document = search().to_json()
    with pytest.raises(InvalidInputError, match="damaged"):
        search().restore({**document, "state": {**document["state"], **wrong}})
