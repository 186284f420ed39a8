"""Strict fairness: how often an option is trained in a step."""

from collections import Counter

import numpy as np
import pytest
import torch

from hwnas.space import Decision, Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace
from hwnas.train.rules import OnePath
from hwnas.train.rules.fair import StrictlyFair, fair_paths
from tests.train.conftest import MakeStep

UNEQUAL = (Decision("a", tuple("12345")), Decision("b", ("x", "y")), Decision("c", ("only",)))


@pytest.mark.parametrize("seed", range(5))
def test_each_option_is_trained_once_where_decisions_are_equal(seed: int) -> None:
    decisions = NasbenchMacroSpace().decisions
    paths = fair_paths(decisions, 3, np.random.default_rng(seed))
    for place, decision in enumerate(decisions):
        assert sorted(path.choices[place] for path in paths) == sorted(decision.options)


@pytest.mark.parametrize("seed", range(5))
def test_a_shorter_decision_repeats_its_options_nearly_equally(seed: int) -> None:
    paths = fair_paths(UNEQUAL, 5, np.random.default_rng(seed))
    counts = [Counter(path.choices[place] for path in paths) for place in range(3)]
    assert set(counts[0].values()) == {1}
    assert sorted(counts[1].values()) == [2, 3]
    assert counts[2] == {"only": 5}


def test_what_is_trained_oftener_changes_from_step_to_step() -> None:
    rng = np.random.default_rng(0)
    more = Counter(
        Counter(path.choices[1] for path in fair_paths(UNEQUAL, 5, rng)).most_common(1)[0][0]
        for _ in range(1000)
    )
    assert more["x"] == pytest.approx(500, abs=60)


def test_pairings_of_options_are_as_frequent_as_each_other() -> None:
    rng = np.random.default_rng(0)
    pairs = Counter(path.choices[:2] for _ in range(1000) for path in fair_paths(UNEQUAL, 5, rng))
    assert len(pairs) == 10 and min(pairs.values()) > 400


def test_gradients_of_the_paths_are_summed(small_space: Space, make_step: MakeStep) -> None:
    rule, step = StrictlyFair(small_space), make_step()
    rule.backward(step)
    together = {
        n: p.grad.clone() for n, p in step.supernet.named_parameters() if p.grad is not None
    }
    step = make_step()
    paths = fair_paths(small_space.decisions, rule.n_paths, np.random.default_rng(0))
    assert len(paths) == 3
    for path in paths:
        OnePath(path).backward(step)
    for name, parameter in step.supernet.named_parameters():
        if name in together:
            assert parameter.grad is not None and torch.equal(together[name], parameter.grad)


def test_a_step_reaches_every_shared_tensor(small_space: Space, make_step: MakeStep) -> None:
    step = make_step()
    StrictlyFair(small_space).backward(step)
    assert all(parameter.grad is not None for parameter in step.supernet.parameters())
