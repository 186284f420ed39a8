import json
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.errors import InvalidInputError
from hwnas.search import Ddpnas, DdpnasSettings, UpdateRule
from hwnas.space import Architecture, Decision

RULES = tuple(UpdateRule)
Accuracy = Callable[[Architecture], float]


def decisions(*sizes: int) -> tuple[Decision, ...]:
    return tuple(Decision(f"d{i}", tuple(map(str, range(size)))) for i, size in enumerate(sizes))


def search(sizes: Sequence[int], seed: int = 0, **settings: object) -> Ddpnas:
    chosen = DdpnasSettings(**settings)  # type: ignore[arg-type]
    return Ddpnas(decisions(*sizes), np.random.default_rng(seed), chosen)


def run(ddpnas: Ddpnas, accuracy: Accuracy) -> list[Architecture]:
    asked = []
    while not ddpnas.finished:
        asked.append(ddpnas.ask())
        ddpnas.tell(asked[-1], accuracy(asked[-1]))
    return asked


def separable(values: NDArray[np.float64]) -> Accuracy:
    """Accuracy as a sum over decisions, ``values`` being ``(n_decisions, n_options)``."""
    return lambda a: float(sum(row[int(c)] for row, c in zip(values, a.choices, strict=True)))


@pytest.mark.parametrize(
    ("n_options", "final_options", "n_epochs"), [(8, 2, 99), (8, 1, 105), (7, 1, 81), (5, 1, 42)]
)
def test_it_takes_the_papers_number_of_epochs(
    n_options: int, final_options: int, n_epochs: int
) -> None:
    ddpnas = search([n_options] * 14, final_options=final_options)
    assert len(run(ddpnas, lambda _: 0.5)) == ddpnas.n_asks == n_epochs


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [1, 3])
def test_every_option_left_is_tried_steps_times_between_prunes(
    rule: UpdateRule, steps: int
) -> None:
    ddpnas = search([6] * 5, update=rule, steps=steps)
    rng = np.random.default_rng(1)
    while not ddpnas.finished:
        alive, tried = ddpnas.alive, [Counter[str]() for _ in range(5)]
        while ddpnas.alive == alive:
            asked = ddpnas.ask()
            for counter, choice in zip(tried, asked.choices, strict=True):
                counter[choice] += 1
            ddpnas.tell(asked, float(rng.random()))
        expected = [dict.fromkeys(options, steps) for options in alive.values()]
        assert [dict(counter) for counter in tried] == expected


@pytest.mark.parametrize("rule", RULES)
def test_theta_rows_sum_to_one_at_every_epoch(rule: UpdateRule) -> None:
    ddpnas = search([8, 3, 1, 2], update=rule)
    rng = np.random.default_rng(2)
    while not ddpnas.finished:
        ddpnas.tell(ddpnas.ask(), float(rng.random()))
        sums = [sum(row.values()) for row in ddpnas.scores.values()]
        assert sums == pytest.approx([1.0] * 4)


@pytest.mark.parametrize("rule", RULES)
def test_one_decision_alone_keeps_its_best_option(rule: UpdateRule) -> None:
    values = np.random.default_rng(3).permutation(8)[None] / 8
    ddpnas = search([8], update=rule)
    run(ddpnas, separable(values))
    assert ddpnas.alive == {"d0": (str(values[0].argmax()),)}


@pytest.mark.parametrize("rule", RULES)
def test_a_negated_score_keeps_the_opposite_option(rule: UpdateRule) -> None:
    values = np.random.default_rng(3).permutation(8)[None] / 8
    ddpnas = search([8], update=rule)
    run(ddpnas, separable(1 - values))
    assert ddpnas.alive == {"d0": (str(values[0].argmin()),)}


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_of_a_separable_score_beats_nearly_all_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.random((10, 8)) / 10
    ddpnas = search([8] * 10, seed, steps=10)
    run(ddpnas, separable(values))
    (left,) = zip(*ddpnas.alive.values(), strict=True)
    random = values[np.arange(10), rng.integers(8, size=(1000, 10))].sum(axis=1)
    assert separable(values)(Architecture(left)) > np.quantile(random, 0.99)


def test_a_dropped_option_keeps_its_theta_under_velocity_and_loses_it_under_decay() -> None:
    for rule, expected in ((UpdateRule.VELOCITY, 7), (UpdateRule.DECAY, 1)):
        ddpnas = search([7], update=rule)
        run(ddpnas, separable(np.linspace(0.9, 0.92, 7)[None]))
        assert np.count_nonzero(list(ddpnas.scores["d0"].values())) == expected


@pytest.mark.parametrize("rule", RULES)
def test_theta_is_what_the_papers_loop_gives(rule: UpdateRule) -> None:
    rng = np.random.default_rng(4)
    accuracies: dict[Architecture, float] = {}
    ddpnas = search([5] * 6, update=rule)
    asked = run(ddpnas, lambda a: accuracies.setdefault(a, 0.8 + 0.05 * float(rng.random())))
    theta = papers_theta([(a, accuracies[a]) for a in asked], 6, 5, rule)
    scores = np.array([list(row.values()) for row in ddpnas.scores.values()])
    np.testing.assert_allclose(scores, theta, rtol=1e-9, atol=1e-12)


def papers_theta(
    told: Sequence[tuple[Architecture, float]], n_decisions: int, n_options: int, rule: UpdateRule
) -> NDArray[np.float64]:
    """The search loop over P matrices, with 100 P in the softmax and no mask."""
    theta = np.full((n_decisions, n_options), 1 / n_options)
    velocity = np.zeros_like(theta)
    alive = np.ones_like(theta, dtype=bool)
    epochs = iter(told)
    for n_alive in range(n_options, 1, -1):
        expected = np.zeros_like(theta)
        for _ in range(3):
            accuracy = np.zeros_like(theta)
            for _ in range(n_alive):
                architecture, value = next(epochs)
                accuracy[range(n_decisions), [int(c) for c in architecture.choices]] = value
            odds = np.exp(100 * accuracy)
            expected += odds / odds.sum(axis=1, keepdims=True) / 3
        velocity = 0.8 * velocity + 0.2 * expected
        theta = theta + velocity if rule is UpdateRule.VELOCITY else expected + 0.5 * theta
        worst = np.where(alive, theta, np.inf).argmin(axis=1)
        alive[range(n_decisions), worst] = False
        if rule is UpdateRule.DECAY:
            theta[range(n_decisions), worst] = 0
        theta /= theta.sum(axis=1, keepdims=True)
    return theta


def test_shorter_decisions_wait_until_the_longest_come_down_to_them() -> None:
    ddpnas = search([4, 2, 1, 3])
    sizes = []
    rng = np.random.default_rng(5)
    while not ddpnas.finished:
        ddpnas.tell(ddpnas.ask(), float(rng.random()))
        sizes.append(tuple(len(options) for options in ddpnas.alive.values()))
    assert list(dict.fromkeys(sizes)) == [(4, 2, 1, 3), (3, 2, 1, 3), (2, 2, 1, 2), (1, 1, 1, 1)]
    assert Counter(sizes) == {(4, 2, 1, 3): 11, (3, 2, 1, 3): 9, (2, 2, 1, 2): 6, (1, 1, 1, 1): 1}


def test_a_shorter_decision_tries_each_option_in_each_round_as_evenly_as_it_can() -> None:
    ddpnas = search([7, 3])
    for _ in range(3):
        tried: Counter[str] = Counter()
        for _ in range(7):
            asked = ddpnas.ask()
            tried[asked.choices[1]] += 1
            ddpnas.tell(asked, 0.5)
        assert sorted(tried.values()) == [2, 2, 3]


def test_an_option_tried_twice_in_a_round_counts_with_its_mean() -> None:
    ddpnas = search([4, 2], steps=1)
    in_turn = {"0": iter((0.50, 0.52)), "1": iter((0.51, 0.51))}
    for _ in range(4):
        asked = ddpnas.ask()
        ddpnas.tell(asked, next(in_turn[asked.choices[1]]))
    assert ddpnas.scores["d1"]["0"] == pytest.approx(ddpnas.scores["d1"]["1"])


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"final_options": 0}, {"temperature": 0.0}, {"temperature": np.nan}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        DdpnasSettings(**wrong)  # type: ignore[arg-type]


def test_a_search_with_other_settings_is_not_taken_up() -> None:
    with pytest.raises(InvalidInputError, match="other settings"):
        search([3], steps=5).restore(search([3]).to_json())


CLASSES = (("0", "1", "2", "7"), ("3", "4", "5", "6"))
"""Of the DARTS cell's options: without and with parameters."""


@pytest.mark.parametrize("seed", range(5))
def test_until_two_options_are_left_each_class_keeps_one(seed: int) -> None:
    ddpnas = search([8] * 14, seed, option_classes=CLASSES, final_options=2)
    rng = np.random.default_rng(seed)
    assert len(run(ddpnas, lambda _: float(rng.random()))) == 99
    for left in ddpnas.alive.values():
        assert [len(set(members) & set(left)) for members in CLASSES] == [1, 1]


def test_the_best_of_either_class_is_what_the_class_rule_keeps() -> None:
    values = np.array([[0.1, 0.2, 0.3, 0.9, 0.8, 0.7, 0.6, 0.5]])
    ddpnas = search([8], option_classes=CLASSES, final_options=2)
    run(ddpnas, separable(values))
    assert ddpnas.alive == {"d0": ("3", "7")}


def test_the_last_of_a_class_stays_where_others_are_better() -> None:
    ddpnas = search([3], option_classes=(("0",),))
    run(ddpnas, separable(np.array([[0.1, 0.9, 0.8]])))
    assert ddpnas.alive == {"d0": ("0",)}


def test_more_classes_than_final_options_are_refused() -> None:
    with pytest.raises(ValueError, match="2 classes cannot all be kept"):
        DdpnasSettings(option_classes=CLASSES)


def test_a_search_with_classes_is_taken_up_again() -> None:
    first, second = (search([8], option_classes=CLASSES, final_options=2) for _ in range(2))
    second.restore(json.loads(json.dumps(first.to_json())))
    assert second.to_json() == first.to_json()
