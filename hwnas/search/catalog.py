"""Every search strategy by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from hwnas.record import unknown_name
from hwnas.search.ddpnas import Ddpnas, DdpnasSettings
from hwnas.search.ddpnas_regression import DdpnasRegression
from hwnas.search.evolution import Evolution
from hwnas.search.foxnas import Foxnas, FoxnasSettings
from hwnas.search.random_search import RandomSearch
from hwnas.search.strategy import Strategy
from hwnas.search.terms import NO_TERMS, SearchTerms
from hwnas.space import Decision


def _ddpnas(
    decisions: Sequence[Decision], rng: np.random.Generator, terms: SearchTerms
) -> Strategy:
    """The paper's, or with fewer steps where the terms leave no room for them; with one at least.

    What fits is not its concern: see ``SearchTerms``.
    """
    classes = terms.option_classes
    paper = DdpnasSettings(option_classes=classes, final_options=max(1, len(classes)))
    n_asks_a_step = Ddpnas(decisions, rng, paper).n_asks // paper.steps
    steps = paper.steps
    if terms.n_asks is not None and n_asks_a_step:
        steps = min(steps, max(1, terms.n_asks // n_asks_a_step))
    return Ddpnas(decisions, rng, replace(paper, steps=steps))


def _foxnas(
    decisions: Sequence[Decision], rng: np.random.Generator, terms: SearchTerms
) -> Strategy:
    """By the plan of the terms."""
    return Foxnas(decisions, rng, terms, FoxnasSettings(plan=terms.plan))


STRATEGIES: Mapping[
    str, Callable[[Sequence[Decision], np.random.Generator, SearchTerms], Strategy]
] = {
    "ddpnas": _ddpnas,
    "ddpnas-regression": DdpnasRegression,
    "evolution": Evolution,
    "foxnas": _foxnas,
    "random": RandomSearch,
}

ANNEALED = ("foxnas",)
"""Strategies whose networks are annealed on a regression of what they were told.

Networks of the others are generated from their scores.
"""

DISTILLED = ("donna",)
"""Strategies that ask no supernet: blocks are distilled alone, and predict whole networks."""

PRUNED = ("mgas",)
"""Strategies that ask nothing: a network of everything is pruned while it trains."""


def strategy_named(
    name: str,
    decisions: Sequence[Decision],
    rng: np.random.Generator,
    terms: SearchTerms = NO_TERMS,
) -> Strategy:
    """A fresh search over these decisions, with the strategy's own settings.

    Raises:
        UnknownNameError: No such strategy.
    """
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    return STRATEGIES[name](decisions, rng, terms)
