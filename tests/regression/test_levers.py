"""Levers: what is turned, by which steps, and what that does."""

import numpy as np
import pytest

from hwnas.regression import Lever, levers_of
from hwnas.space import Decision, OptionsAsAttributes, attributes_from, attributes_of, space_named
from hwnas.space.nasbench_macro import NasbenchMacroSpace

SPACE = space_named("foxnas-cpu", input_size=64, in_channels=3, n_classes=10)
LEVERS = {
    (lever.stage, lever.name): lever for lever in levers_of(SPACE.decisions, attributes_of(SPACE))
}


def steps(lever: Lever, decision: str) -> set[tuple[str, str]]:
    """The options before and after, of one decision."""
    return {
        (
            SPACE.decisions[c.decision].options[c.before],
            SPACE.decisions[c.decision].options[c.after],
        )
        for c in lever.changes
        if SPACE.decisions[c.decision].name == decision
    }


def test_a_kernel_grows_by_one_size_and_nothing_else_changes() -> None:
    found = steps(LEVERS["stage2", "first kernel"], "stage2.block1")
    assert ("k3e4", "k5e4") in found and ("k3e4", "k7e4") not in found
    assert all(before[2:] == after[2:] for before, after in found)


def test_one_more_block_is_the_smallest_one() -> None:
    assert steps(LEVERS["stage2", "later blocks"], "stage2.block4") == {("skip", "k3e2")}
    assert not steps(LEVERS["stage2", "later blocks"], "stage2.block2")


def test_resolution_is_a_lever_of_the_whole_network() -> None:
    assert steps(LEVERS["", "resolution"], "input_size") == {
        ("32", "40"),
        ("40", "48"),
        ("48", "56"),
        ("56", "64"),
    }


def test_what_only_changes_together_is_one_lever() -> None:
    space = NasbenchMacroSpace()
    names = {lever.name for lever in levers_of(space.decisions, attributes_of(space))}
    assert names == {
        "first block",
        "first kernel and first expansion",
        "later blocks",
        "later kernels and later expansions",
    }


def test_options_without_numbers_are_held_against_the_first() -> None:
    decisions = (Decision("edge", ("none", "skip", "conv")),)
    levers = levers_of(decisions, attributes_from(decisions, OptionsAsAttributes()))
    assert [(lever.stage, lever.name) for lever in levers] == [("edge", "skip"), ("edge", "conv")]
    assert [(c.before, c.after) for lever in levers for c in lever.changes] == [(0, 1), (0, 2)]


def test_an_effect_is_the_mean_over_networks() -> None:
    decisions = (Decision("a", ("0", "1")), Decision("b", ("0", "1")))
    (first, _) = levers_of(decisions, attributes_from(decisions, OptionsAsAttributes()))
    rows = np.array([[0, 0], [1, 1]])
    effects = first.effects(lambda r: 2.0 * r[:, 0] + r[:, 0] * r[:, 1], rows)
    assert effects == pytest.approx([2.5])
