"""The contract every entry of ``STRATEGIES`` keeps."""

import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.search import STRATEGIES, SearchTerms, Strategy, strategy_named
from hwnas.space import Architecture, Decision

DECISIONS = (
    Decision("width", ("16", "24")),
    Decision("block1", tuple("abcdef")),
    Decision("block2", tuple("abcdef")),
    Decision("end", ("only",)),
)

pytestmark = pytest.mark.parametrize("name", STRATEGIES)


def made(name: str, seed: int = 0) -> Strategy:
    return strategy_named(name, DECISIONS, np.random.default_rng(seed))


def accuracy_of(architecture: Architecture) -> float:
    return sum(map(ord, "".join(architecture.choices))) % 97 / 97


def advance(strategy: Strategy, n: int) -> list[Architecture]:
    asked = []
    for _ in range(n):
        asked.append(strategy.ask())
        strategy.tell(asked[-1], accuracy_of(asked[-1]))
    return asked


def test_it_finishes_after_as_many_as_it_said(name: str) -> None:
    strategy = made(name)
    advance(strategy, strategy.n_asks - 1)
    assert not strategy.finished
    advance(strategy, 1)
    assert strategy.finished and strategy.n_asked == strategy.n_asks
    with pytest.raises(ValueError, match="finished"):
        strategy.ask()


def test_every_option_has_a_finite_score_at_any_time(name: str) -> None:
    strategy = made(name)
    while True:
        for decision in DECISIONS:
            scores = strategy.scores[decision.name]
            assert tuple(scores) == decision.options and all(map(math.isfinite, scores.values()))
        if strategy.finished:
            return
        advance(strategy, 1)


def test_it_asks_the_same_until_told(name: str) -> None:
    strategy = made(name)
    assert strategy.ask() == strategy.ask() and strategy.n_asked == 1


def test_equal_seeds_ask_equal_architectures(name: str) -> None:
    assert advance(made(name), 20) == advance(made(name), 20) != advance(made(name, 1), 20)


def test_credit_goes_to_what_was_trained(name: str) -> None:
    strategy = made(name)
    other = Architecture(tuple(reversed(strategy.ask().choices)))
    with pytest.raises(ValueError, match="credit goes to what was trained"):
        strategy.tell(other, 0.5)


def test_nothing_is_told_before_it_was_asked(name: str) -> None:
    strategy = made(name)
    (told,) = advance(strategy, 1)
    with pytest.raises(ValueError, match="credit goes to what was trained"):
        strategy.tell(told, 0.5)


@pytest.mark.parametrize("accuracy", [-0.1, 1.1, 93.1, math.nan, math.inf])
def test_an_accuracy_is_a_fraction(name: str, accuracy: float) -> None:
    strategy = made(name)
    with pytest.raises(ValueError, match="fraction from 0 to 1"):
        strategy.tell(strategy.ask(), accuracy)


@pytest.mark.parametrize("n_told", [0, 1, 17, 40])
@pytest.mark.parametrize("interrupt", [lambda s: None, lambda s: s.ask()])
def test_a_restored_search_goes_on_bit_for_bit(
    name: str, n_told: int, interrupt: Callable[[Strategy], object]
) -> None:
    straight, broken, restored = made(name), made(name), made(name, seed=99)
    advance(straight, n_told)
    advance(broken, n_told)
    interrupt(broken)
    restored.restore(json.loads(json.dumps(broken.to_json())))
    n_left = straight.n_asks - n_told
    assert advance(restored, n_left) == advance(straight, n_left)
    assert restored.scores == straight.scores and restored.finished


def test_a_search_over_other_decisions_is_not_taken_up(name: str) -> None:
    saved = strategy_named(name, DECISIONS[:2], np.random.default_rng(0)).to_json()
    with pytest.raises(InvalidInputError, match="other decisions"):
        made(name).restore(saved)


@pytest.mark.parametrize("key", ["rng", "state"])
def test_a_damaged_search_is_refused_and_changes_nothing(name: str, key: str) -> None:
    strategy = made(name)
    document = strategy.to_json()
    with pytest.raises(InvalidInputError, match="damaged"):
        strategy.restore({**document, key: {}})
    assert strategy.to_json() == document


def test_an_unknown_name_is_told_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"No strategy '{name}x'; did you mean '{name}'"):
        strategy_named(f"{name}x", DECISIONS, np.random.default_rng(0))


@pytest.mark.parametrize("n_asks", [20, 40, 70])
def test_it_asks_no_more_than_its_terms(name: str, n_asks: int) -> None:
    terms = SearchTerms(n_asks=n_asks)
    strategy = strategy_named(name, DECISIONS, np.random.default_rng(0), terms)
    advance(strategy, strategy.n_asks)
    assert strategy.finished and strategy.n_asked <= n_asks


def test_what_it_found_is_told_best_first_except_by_ddpnas(name: str) -> None:
    strategy = made(name)
    asked = advance(strategy, 30)
    accuracies = [accuracy_of(architecture) for architecture in strategy.best]
    assert accuracies == sorted(accuracies, reverse=True)
    assert (set(strategy.best) == set(asked)) == (name != "ddpnas")
    assert len(set(strategy.best)) == len(strategy.best)


def test_only_ddpnas_asks_for_what_does_not_fit(name: str) -> None:
    terms = SearchTerms(fits=lambda architecture: architecture.choices[1] in "abc")
    strategy = strategy_named(name, DECISIONS, np.random.default_rng(0), terms)
    asked = advance(strategy, min(30, strategy.n_asks))
    assert (name == "ddpnas") == bool({a.choices[1] for a in asked} - set("abc"))
