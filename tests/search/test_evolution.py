"""Evolution: who its children come from, and that they are new."""

import numpy as np
import pytest

from hwnas.search import Evolution, EvolutionSettings, RandomSearch, SearchTerms
from hwnas.space import Architecture, Decision

DECISIONS = tuple(Decision(f"d{place}", tuple("abcde")) for place in range(8))
"""390,625 networks: too many to list."""
SMALL = DECISIONS[:3]
SETTINGS = EvolutionSettings(population=20, parents=4)


def worth(architecture: Architecture) -> float:
    """The share of options that are ``a``."""
    return architecture.choices.count("a") / len(architecture.choices)


def run(search: Evolution | RandomSearch) -> list[Architecture]:
    asked = []
    while not search.finished:
        asked.append(search.ask())
        search.tell(asked[-1], worth(asked[-1]))
    return asked


def evolution(
    decisions: tuple[Decision, ...], n_asks: int, settings: EvolutionSettings = SETTINGS
) -> Evolution:
    terms = SearchTerms(n_asks=n_asks)
    return Evolution(decisions, np.random.default_rng(0), terms, settings)


def test_later_generations_are_better() -> None:
    asked = [worth(architecture) for architecture in run(evolution(DECISIONS, 200))]
    assert np.mean(asked[-20:]) > np.mean(asked[:20]) + 0.1


def test_it_finds_better_networks_than_random_search() -> None:
    terms = SearchTerms(n_asks=200)
    drawn = run(RandomSearch(DECISIONS, np.random.default_rng(0), terms))
    assert max(map(worth, run(evolution(DECISIONS, 200)))) > max(map(worth, drawn))


def test_no_network_is_asked_for_twice() -> None:
    asked = run(evolution(DECISIONS, 200))
    assert len(set(asked)) == len(asked) == 200


def test_a_small_space_is_asked_for_whole() -> None:
    search = evolution(SMALL, 1000)
    assert search.n_asks == 125 == len(set(run(search)))


def test_children_hold_their_parents_options_where_nothing_mutates() -> None:
    settings = EvolutionSettings(population=20, parents=4, mutation_rate=1e-9)
    asked = run(evolution(DECISIONS, 30, settings))
    parents = sorted(asked[:20], key=worth, reverse=True)[:4]
    options = [{parent.choices[place] for parent in parents} for place in range(8)]
    assert all(
        option in options[place]
        for child in asked[20:30]
        for place, option in enumerate(child.choices)
    )


def test_a_mutation_rate_of_one_draws_every_option_anew() -> None:
    settings = EvolutionSettings(population=20, parents=2, mutation_rate=1.0)
    asked = run(evolution(DECISIONS, 40, settings))
    best = sorted(asked[:20], key=worth, reverse=True)[:2]
    pairs = [(child, at) for child in asked[30:40] for at in range(8)]
    held = [child.choices[at] in {p.choices[at] for p in best} for child, at in pairs]
    assert np.mean(held) < 0.6  # random options: 0.36


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"parents": 1}, "2 parents"),
        ({"parents": 60}, "population"),
        ({"mutation_rate": 0.0}, "mutation_rate"),
        ({"mutation_rate": 1.5}, "mutation_rate"),
    ],
)
def test_settings_that_breed_nothing_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvolutionSettings(**wrong)  # type: ignore[arg-type]
