"""Every way to train a supernet, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwnas.record import unknown_name
from hwnas.space import Space, distance_named
from hwnas.train.rank_weight import rank_weight_named
from hwnas.train.rules.fair import StrictlyFair
from hwnas.train.rules.ranking import RankingDistillation
from hwnas.train.rules.sandwich import Sandwich
from hwnas.train.rules.step import Rule
from hwnas.train.rules.uniform import UniformPath
from hwnas.train.teacher import Teacher

DEFAULT_RULE = "path"


@dataclass(frozen=True, kw_only=True)
class RuleParts:
    """What rules are made from; only ``rd`` looks at more than the space."""

    space: Space
    teacher: Teacher
    rank_weight: str
    distance: str


def _ranking_distillation(parts: RuleParts) -> Rule:
    return RankingDistillation(
        parts.space,
        parts.teacher,
        rank_weight_named(parts.rank_weight),
        distance_named(parts.distance, parts.space),
    )


RULES: Mapping[str, Callable[[RuleParts], Rule]] = {
    DEFAULT_RULE: lambda parts: UniformPath(parts.space),
    "spos": lambda parts: UniformPath(parts.space),
    "fair": lambda parts: StrictlyFair(parts.space),
    "sandwich": lambda parts: Sandwich(parts.space),
    "rd": _ranking_distillation,
}
"""``path`` warms up as ``spos`` trains; then the strategy says which network is trained."""


def rule_named(name: str, parts: RuleParts) -> Rule:
    """A way to train the supernet.

    Raises:
        UnknownNameError: No such rule, weight or distance.
    """
    check_rule(name)
    return RULES[name](parts)


def check_rule(name: str) -> None:
    """Refuse a name that is not of ``RULES``.

    Raises:
        UnknownNameError: It is not.
    """
    if name not in RULES:
        raise unknown_name("supernet", name, RULES)
