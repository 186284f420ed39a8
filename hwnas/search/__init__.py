"""Which network: strategies that learn what each option is worth, and the best within a budget."""

from hwnas.search.annealed import AnnealedGenerator
from hwnas.search.annealing import AnnealingSettings, Landscape, anneal
from hwnas.search.budget import Budget
from hwnas.search.by_regression import Expected
from hwnas.search.catalog import ANNEALED, DISTILLED, PRUNED, STRATEGIES, strategy_named
from hwnas.search.ddpnas import Ddpnas, DdpnasSettings, UpdateRule
from hwnas.search.ddpnas_regression import DdpnasRegression, RegressionSettings
from hwnas.search.evolution import Evolution, EvolutionSettings
from hwnas.search.evolved import EvolvedGenerator
from hwnas.search.foxnas import Foxnas, FoxnasSettings
from hwnas.search.generate import Candidate, Generator
from hwnas.search.peak import least_peak
from hwnas.search.proposer import Proposer
from hwnas.search.random_search import RandomSearch
from hwnas.search.sampling import PLANS
from hwnas.search.strategy import Strategy
from hwnas.search.terms import Fits, SearchTerms

__all__ = [
    "ANNEALED",
    "DISTILLED",
    "PLANS",
    "PRUNED",
    "STRATEGIES",
    "AnnealedGenerator",
    "AnnealingSettings",
    "Budget",
    "Candidate",
    "Ddpnas",
    "DdpnasRegression",
    "DdpnasSettings",
    "Evolution",
    "EvolutionSettings",
    "EvolvedGenerator",
    "Expected",
    "Fits",
    "Foxnas",
    "FoxnasSettings",
    "Generator",
    "Landscape",
    "Proposer",
    "RandomSearch",
    "RegressionSettings",
    "SearchTerms",
    "Strategy",
    "UpdateRule",
    "anneal",
    "least_peak",
    "strategy_named",
]
