"""Which network: strategies that learn what each option is worth, and the best within a budget."""

from hwnas.search.catalog import STRATEGIES, strategy_named
from hwnas.search.constraints import Budget, Constraint
from hwnas.search.ddpnas import Ddpnas, DdpnasSettings, UpdateRule
from hwnas.search.generate import Candidate, Generator
from hwnas.search.random_search import RandomSearch
from hwnas.search.strategy import Strategy

__all__ = [
    "STRATEGIES",
    "Budget",
    "Candidate",
    "Constraint",
    "Ddpnas",
    "DdpnasSettings",
    "Generator",
    "RandomSearch",
    "Strategy",
    "UpdateRule",
    "strategy_named",
]
