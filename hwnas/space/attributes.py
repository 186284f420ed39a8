"""What can be read off an architecture: depths, kernels, expansions, widths, resolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hwnas.space.architecture import Decision
from hwnas.space.protocol import Space

FIRST_BLOCK, LATER_BLOCKS = "first block", "later blocks"
FIRST_KERNEL, FIRST_EXPANSION = "first kernel", "first expansion"
LATER_KERNELS, LATER_EXPANSIONS = "later kernels", "later expansions"
FIRST_TAPS, LATER_TAPS = "first kernel x expansion", "later kernels x expansions"
WIDTH, FIRST_WIDTH, LATER_WIDTHS = "width", "first width", "later widths"
RESOLUTION = "resolution"
MAP_BEFORE, MAP_AFTER = "pixels before", "pixels after"
"""Of a stage's feature maps: those that its first block reads, and those of all others."""

MEANS: Mapping[str, str] = {
    LATER_KERNELS: "mean later kernel",
    LATER_EXPANSIONS: "mean later expansion",
    LATER_WIDTHS: "mean later width",
}
"""What sums over a stage's later blocks are called, divided by the number of those."""


@dataclass(frozen=True)
class Attribute:
    """A quantity that adds up over the decisions of one ``stage``; of the network where empty."""

    stage: str
    name: str

    @property
    def is_plain(self) -> bool:
        """Whether a reader would turn it: no product, no kind, nothing that follows from them."""
        is_made = " x " in self.name or ", " in self.name
        return not is_made and self.name not in (MAP_BEFORE, MAP_AFTER)

    def __str__(self) -> str:
        return f"{self.stage} {self.name}".strip()


@runtime_checkable
class HasAttributes(Protocol):
    """What a space may say beside the walk: what its options mean in numbers."""

    def attributes(self, decision: Decision, option: str) -> Mapping[Attribute, float]:
        """What the option adds to each attribute; nothing to those left out."""
        ...


@dataclass(frozen=True, eq=False)
class Attributes:
    """What each option adds to each attribute: ``tables[i]`` is ``(n_options, n_attributes)``."""

    names: tuple[Attribute, ...]
    tables: tuple[NDArray[np.float64], ...]

    def sums(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """``(n, n_attributes)`` of ``(n, n_decisions)`` places of options."""
        sums = np.zeros((len(rows), len(self.names)))
        for place, table in enumerate(self.tables):
            sums += table[rows[:, place]]
        return sums


def attributes_of(space: Space) -> Attributes:
    """What the space says of its options; where it says nothing, which option was taken.

    The first option of a decision is then what the others are held against. Attributes in which
    no two networks can differ are left out.
    """
    if isinstance(space, HasAttributes):
        return attributes_from(space.decisions, space)
    return attributes_from(space.decisions, OptionsAsAttributes())


def inverted_residual(
    stage: str, kernel_size: int, expansion: int, *, is_first: bool
) -> dict[Attribute, float]:
    """What a block adds to its stage; a stage's first is told apart, for it changes the width.

    Beside the numbers it tells which expansion it has: engines are fast at some numbers of
    channels and slow at others, so that more may cost less.
    """
    names = (FIRST_BLOCK, FIRST_KERNEL, FIRST_EXPANSION, FIRST_TAPS)
    if not is_first:
        names = (LATER_BLOCKS, LATER_KERNELS, LATER_EXPANSIONS, LATER_TAPS)
    kinds = (f"{names[0]}, e{expansion}", f"{names[1]}, e{expansion}")
    values = (1, kernel_size, expansion, kernel_size * expansion, 1, kernel_size)
    added = zip((*names, *kinds), values, strict=True)
    return {Attribute(stage, name): float(value) for name, value in added}


class OptionsAsAttributes:
    """Whether an option was taken, one attribute an option but the first."""

    def attributes(self, decision: Decision, option: str) -> Mapping[Attribute, float]:
        """See ``HasAttributes``."""
        is_first = option == decision.options[0]
        return {} if is_first else {Attribute(decision.name, option): 1.0}


def attributes_from(decisions: Sequence[Decision], described: HasAttributes) -> Attributes:
    """The attributes of these decisions, in the order in which they are met."""
    told = [[described.attributes(d, option) for option in d.options] for d in decisions]
    names = list(dict.fromkeys(name for options in told for added in options for name in added))
    tables = [
        np.array([[added.get(name, 0.0) for name in names] for added in options])
        for options in told
    ]
    differs = [any(np.ptp(table[:, at]) > 0 for table in tables) for at in range(len(names))]
    kept = tuple(name for name, differ in zip(names, differs, strict=True) if differ)
    return Attributes(kept, tuple(table.reshape(-1, len(names))[:, differs] for table in tables))
