"""Every search strategy by name."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hwnas.record import unknown_name
from hwnas.search.ddpnas import Ddpnas
from hwnas.search.random_search import RandomSearch
from hwnas.search.strategy import Strategy
from hwnas.space import Decision

STRATEGIES: Mapping[str, Callable[[Sequence[Decision], np.random.Generator], Strategy]] = {
    "ddpnas": Ddpnas,
    "random": RandomSearch,
}


def strategy_named(name: str, decisions: Sequence[Decision], rng: np.random.Generator) -> Strategy:
    """A fresh search over these decisions, with the strategy's own settings.

    Raises:
        UnknownNameError: No such strategy.
    """
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    return STRATEGIES[name](decisions, rng)
