"""Which networks a mini-batch trains, and by which loss: one rule a file."""

from hwnas.train.rules.catalog import DEFAULT_RULE, OPTIONS_OF, RULES, RuleParts
from hwnas.train.rules.one_path import OnePath
from hwnas.train.rules.step import Rule, Step

__all__ = ["DEFAULT_RULE", "OPTIONS_OF", "RULES", "OnePath", "Rule", "RuleParts", "Step"]
