"""Which network: strategies that learn what each option is worth, and the best within a budget."""

from hwnas.search.budget import Budget
from hwnas.search.catalog import STRATEGIES, strategy_named
from hwnas.search.ddpnas import Ddpnas, DdpnasSettings, UpdateRule
from hwnas.search.ddpnas_regression import DdpnasRegression, RegressionSettings
from hwnas.search.evolution import Evolution, EvolutionSettings
from hwnas.search.generate import Candidate, Generator
from hwnas.search.peak import least_peak
from hwnas.search.random_search import RandomSearch
from hwnas.search.strategy import Strategy
from hwnas.search.terms import Fits, SearchTerms

__all__ = [
    "STRATEGIES",
    "Budget",
    "Candidate",
    "Ddpnas",
    "DdpnasRegression",
    "DdpnasSettings",
    "Evolution",
    "EvolutionSettings",
    "Fits",
    "Generator",
    "RandomSearch",
    "RegressionSettings",
    "SearchTerms",
    "Strategy",
    "UpdateRule",
    "least_peak",
    "strategy_named",
]
