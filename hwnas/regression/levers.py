"""What can be turned at an architecture one step at a time, and what each turn does on average.

A *lever* is a group of changes that a reader would call one thing: one more block in a stage, a
larger kernel in its later blocks. Its steps are the nearest options: no third option lies between
the two in every attribute.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from hwnas.space import LATER_BLOCKS, Attributes, Decision
from hwnas.space.attributes import FIRST_BLOCK

Rows = NDArray[np.int64]
Vector = NDArray[np.float64]
Values = Callable[[Rows], Vector]
"""Of ``(n, n_decisions)`` networks, ``(n,)``."""


@dataclass(frozen=True)
class Change:
    """One option of a decision in place of another, both told by their places."""

    decision: int
    before: int
    after: int

    def made(self, rows: Rows) -> tuple[Rows, Rows]:
        """The networks with the option before, and with the one after."""
        before, after = rows.copy(), rows.copy()
        before[:, self.decision], after[:, self.decision] = self.before, self.after
        return before, after


@dataclass(frozen=True)
class Lever:
    """Upward changes of one kind in one stage; ``name`` is what they change."""

    stage: str
    name: str
    changes: tuple[Change, ...]

    def effects(self, values: Values, rows: Rows) -> Vector:
        """``(n_changes,)`` what each change does to these networks on average."""
        pairs = [change.made(rows) for change in self.changes]
        before = values(np.concatenate([pair[0] for pair in pairs]))
        after = values(np.concatenate([pair[1] for pair in pairs]))
        effects: Vector = (after - before).reshape(len(pairs), len(rows)).mean(axis=1)
        return effects


def levers_of(decisions: Sequence[Decision], attributes: Attributes) -> list[Lever]:
    """Every lever of a space, stage by stage."""
    plain = [at for at, name in enumerate(attributes.names) if name.is_plain]
    found: dict[tuple[str, str], list[Change]] = {}
    for place, decision in enumerate(decisions):
        table = attributes.tables[place][:, plain]
        for before, after in permutations(range(len(decision.options)), 2):
            if _is_step(table, before, after):
                changed = np.flatnonzero(table[after] != table[before])
                names = [attributes.names[plain[at]] for at in changed]
                key = names[0].stage, _name([name.name for name in names])
                found.setdefault(key, []).append(Change(place, before, after))
    return [Lever(stage, name, tuple(changes)) for (stage, name), changes in found.items()]


def _is_step(table: NDArray[np.float64], before: int, after: int) -> bool:
    """Whether ``after`` is above ``before`` in some attributes, below in none, none between."""

    def is_above(upper: int, lower: int) -> bool:
        return bool((table[upper] >= table[lower]).all() and (table[upper] > table[lower]).any())

    between = (o for o in range(len(table)) if is_above(after, o) and is_above(o, before))
    return is_above(after, before) and next(between, None) is None


def _name(names: Sequence[str]) -> str:
    """A block more brings its kernel and expansion along; else all that changes is told."""
    depths = [name for name in names if name in (FIRST_BLOCK, LATER_BLOCKS)]
    return depths[0] if depths else " and ".join(names)
