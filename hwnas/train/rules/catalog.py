"""Every way to train a supernet, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwnas.space import Space, distance_named
from hwnas.train.rank_weight import rank_weight_named
from hwnas.train.rules.fair import StrictlyFair
from hwnas.train.rules.ranking import RankingDistillation
from hwnas.train.rules.sandwich import Sandwich
from hwnas.train.rules.step import Rule
from hwnas.train.rules.uniform import UniformPath
from hwnas.train.teacher import Teacher, no_teacher

DEFAULT_RULE = "path"


@dataclass(frozen=True, kw_only=True)
class RuleParts:
    """What rules are made from; beside the space, ``paths_per_batch`` is for ``spos``, the rest
    for ``rd``. How many networks see an image follows from the space alone.
    """  # noqa: D205

    space: Space
    teacher: Teacher = no_teacher
    rank_weight: str = "warmup"
    distance: str = "group"
    paths_per_batch: int = 1


def _ranking_distillation(parts: RuleParts) -> Rule:
    return RankingDistillation(
        parts.space,
        parts.teacher,
        rank_weight_named(parts.rank_weight),
        distance_named(parts.distance, parts.space),
    )


RULES: Mapping[str, Callable[[RuleParts], Rule]] = {
    DEFAULT_RULE: lambda parts: UniformPath(parts.space),
    "spos": lambda parts: UniformPath(parts.space, parts.paths_per_batch),
    "fair": lambda parts: StrictlyFair(parts.space),
    "sandwich": lambda parts: Sandwich(parts.space),
    "rd": _ranking_distillation,
}
"""``path`` warms up as ``spos`` trains; then the strategy says which network is trained."""

OPTIONS_OF: Mapping[str, tuple[str, ...]] = {
    "spos": ("paths_per_batch",),
    "rd": ("teacher", "rank_weight", "distance"),
}
"""The settings that a rule heeds and others do not."""
