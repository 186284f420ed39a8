"""Multi-granularity pruning while training: stages, masks, regrowing, the strength of it."""

from hwnas.train.mgas.costs import Costs
from hwnas.train.mgas.history import History, Moment, StageMemory
from hwnas.train.mgas.pruner import Pruner
from hwnas.train.mgas.settings import MgasSettings
from hwnas.train.mgas.shares import shares_left

__all__ = ["Costs", "History", "MgasSettings", "Moment", "Pruner", "StageMemory", "shares_left"]
