"""The terms of a regression: attributes alone, their means, and products of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from hwnas.space import LATER_BLOCKS, MEANS, Attribute
from hwnas.space.attributes import MAP_AFTER, MAP_BEFORE

Matrix = NDArray[np.float64]
Term = tuple[Attribute, ...]
"""One column, or several multiplied."""
MOST_TERMS = 240
"""Of a larger set, relevance can no longer be told from a few hundred networks."""


def term_name(term: Term) -> str:
    """How the term is written."""
    return " * ".join(map(str, term))


@dataclass(frozen=True, eq=False)
class Columns:
    """What may stand in a term: sums of attributes, and the means of a stage's later blocks."""

    sums: tuple[Attribute, ...]

    @cached_property
    def means(self) -> Mapping[Attribute, Attribute]:
        """A sum's mean, for each that has one."""
        return {
            a: Attribute(a.stage, MEANS[a.name])
            for a in self.sums
            if a.name in MEANS and Attribute(a.stage, LATER_BLOCKS) in self.sums
        }

    @cached_property
    def places(self) -> Mapping[Attribute, int]:
        """Where each column stands in ``values``."""
        return {name: at for at, name in enumerate((*self.sums, *self.means.values()))}

    def values(self, sums: Matrix) -> Matrix:
        """``(n, n_columns)`` of ``(n, n_attributes)`` sums; the mean over no block is 0."""
        means = [
            sums[:, self.places[name]]
            / np.maximum(sums[:, self.places[Attribute(name.stage, LATER_BLOCKS)]], 1)
            for name in self.means
        ]
        return np.column_stack([sums, *means])

    def terms(self, values: Matrix, terms: Sequence[Term]) -> Matrix:
        """``(n, n_terms)`` products of ``(n, n_columns)`` values."""
        found = np.ones((len(values), len(terms)))
        longest = max(map(len, terms), default=0)
        for factor in range(longest):
            at = [i for i, term in enumerate(terms) if len(term) > factor]
            found[:, at] *= values[:, [self.places[terms[i][factor]] for i in at]]
        return found

    @cached_property
    def term_sets(self) -> Mapping[str, tuple[Term, ...]]:
        """From the plain to the rich, without those that are too large to be learned.

        *additive* is each number alone. *kinds* adds which expansions there are, and takes each
        of a stage times the pixels of the feature maps it works on, as costs go. *stages* adds
        means and the products within a stage to *additive*, *depths* adds those of two stages'
        depths to that, *pairs* multiplies any two numbers instead.
        """
        plain = [name for name in self.sums if name.is_plain]
        alone: list[Term] = [(n,) for n in self.sums if n.is_plain or " x " in n.name]
        levers = [self.means.get(name, name) for name in plain]
        depths = [name for name in plain if name.name == LATER_BLOCKS]
        stages: list[Term] = [*alone, *((mean,) for mean in self.means.values())]
        stages += [pair for pair in combinations_with_replacement(levers, 2) if _is_within(pair)]
        sets: dict[str, list[Term]] = {
            "additive": alone,
            "kinds": list(map(self._on_its_map, self.sums)),
            "stages": stages,
            "depths": [*stages, *combinations(depths, 2)],
            "pairs": [*alone, *combinations_with_replacement(plain, 2)],
        }
        distinct = {frozenset(terms): name for name, terms in reversed(sets.items())}
        return {
            name: tuple(sets[name])
            for name in sets
            if name in distinct.values() and (name == "additive" or len(sets[name]) <= MOST_TERMS)
        }

    def _on_its_map(self, name: Attribute) -> Term:
        """Times the pixels that a first block reads, or those of a stage's others, if told."""
        pixels = Attribute(name.stage, MAP_BEFORE if name.name.startswith("first") else MAP_AFTER)
        is_scaled = pixels in self.sums and name.name not in (MAP_BEFORE, MAP_AFTER)
        return (name, pixels) if is_scaled else (name,)


def _is_within(pair: tuple[Attribute, Attribute]) -> bool:
    """Whether both are of one stage, or one is of the whole network."""
    return pair[0].stage == pair[1].stage or not all(attribute.stage for attribute in pair)
