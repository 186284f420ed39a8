"""How far apart two networks of a space are, decision by decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hwnas.record import unknown_name
from hwnas.space.architecture import Architecture, Decision
from hwnas.space.protocol import Space

SAME_CLASS, OTHER_CLASS = 0.5, 2.0
"""Group distance of two different options, as the authors of RD-NAS set it."""


@runtime_checkable
class HasOptionClasses(Protocol):
    """What a space may say beside the walk: which options of a decision are of a kind."""

    def option_class(self, decision: Decision, option: str) -> str:
        """A word that options of one kind share, such as ``parametric``."""
        ...


@dataclass(frozen=True, eq=False)
class Distance:
    """A sum over decisions; ``tables[i]`` is ``(n_options, n_options)``, symmetric, 0 for itself.

    Mean and deviation are those of two networks drawn independently and uniformly, exactly.
    """

    decisions: tuple[Decision, ...]
    tables: tuple[NDArray[np.float64], ...]

    def __call__(self, one: Architecture, other: Architecture) -> float:
        """The distance of two networks."""
        places = zip(self._places, one.choices, other.choices, self.tables, strict=True)
        return float(sum(table[place[a], place[b]] for place, a, b, table in places))

    @property
    def mean(self) -> float:
        """The expected distance."""
        return float(sum(table.mean() for table in self.tables))

    @property
    def deviation(self) -> float:
        """The distance's standard deviation."""
        return float(sum(table.var() for table in self.tables) ** 0.5)

    @property
    def largest(self) -> float:
        """The distance that no two networks exceed."""
        return float(sum(table.max() for table in self.tables))

    @cached_property
    def _places(self) -> tuple[dict[str, int], ...]:
        return tuple({o: i for i, o in enumerate(d.options)} for d in self.decisions)


def group_distance(space: Space) -> Distance:
    """RD-NAS's Group distance: 0.5 for another option of the same class, 2 for another class.

    The classes are the space's (:class:`HasOptionClasses`); where it has none, each option is a
    class of its own.
    """

    def between(decision: Decision, one: str, other: str) -> float:
        if not isinstance(space, HasOptionClasses):
            return OTHER_CLASS
        classes = {space.option_class(decision, option) for option in (one, other)}
        return SAME_CLASS if len(classes) == 1 else OTHER_CLASS

    return _distance(space.decisions, between)


def hamming_distance(space: Space) -> Distance:
    """The number of decisions on which two networks differ."""
    return _distance(space.decisions, lambda *_: 1.0)


DISTANCES: Mapping[str, Callable[[Space], Distance]] = {
    "group": group_distance,
    "hamming": hamming_distance,
}


def distance_named(name: str, space: Space) -> Distance:
    """A distance between networks of the space.

    Raises:
        UnknownNameError: No such distance.
    """
    if name not in DISTANCES:
        raise unknown_name("distance", name, DISTANCES)
    return DISTANCES[name](space)


def _distance(
    decisions: tuple[Decision, ...], between: Callable[[Decision, str, str], float]
) -> Distance:
    tables = []
    for decision in decisions:
        n_options = len(decision.options)
        table = np.zeros((n_options, n_options))
        for one, other in combinations(range(n_options), 2):
            apart = between(decision, decision.options[one], decision.options[other])
            table[one, other] = table[other, one] = apart
        tables.append(table)
    return Distance(decisions, tuple(tables))
