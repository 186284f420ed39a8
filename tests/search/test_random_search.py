import numpy as np
import pytest

from hwnas.search import RandomSearch, SearchTerms
from hwnas.space import Decision


def random_search(*options: str, n_asks: int) -> RandomSearch:
    terms = SearchTerms(n_asks=n_asks)
    return RandomSearch((Decision("d", options),), np.random.default_rng(0), terms)


def test_an_options_score_is_the_mean_over_networks_that_held_it() -> None:
    decisions = (Decision("d", ("a", "b")), Decision("e", tuple(map(str, range(30)))))
    search = RandomSearch(decisions, np.random.default_rng(0), SearchTerms(n_asks=40))
    held: dict[str, list[float]] = {"a": [], "b": []}
    for i in range(40):
        asked = search.ask()
        search.tell(asked, i / 40)
        held[asked.choices[0]].append(i / 40)
    means = {option: np.mean(values) for option, values in held.items()}
    assert search.scores["d"] == pytest.approx(means)


def test_a_network_is_asked_for_once_and_all_of_a_space_of_few() -> None:
    search = random_search("a", "b", "c", n_asks=40)
    asked = []
    while not search.finished:
        asked.append(search.ask())
        search.tell(asked[-1], 0.5)
    assert sorted(a.choices[0] for a in asked) == ["a", "b", "c"]


def test_an_option_never_held_scores_the_overall_mean() -> None:
    search = random_search(*map(str, range(50)), n_asks=2)
    search.tell(search.ask(), 0.2)
    search.tell(search.ask(), 0.6)
    assert sorted(search.scores["d"].values()) == pytest.approx([0.2, *[0.4] * 48, 0.6])


def test_a_search_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="n_asks must be at least 1"):
        RandomSearch((), np.random.default_rng(0), SearchTerms(n_asks=0))
