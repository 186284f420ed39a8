"""Networks as counts of unknown costs, and what is known of those before anything was timed.

A *kind* is a part whatever its input size. It costs a constant and, where networks hold it at
several sizes, something in proportion to the numbers it moves: two columns at most.

Before any timing, kinds cost what their operators make likely: so much a call, a weight, a
multiply-accumulate and a number moved (the roofline of Williams et al. 2009, its rates unknown),
give or take a deviation that kinds of like operators share. That is a Gaussian prior on the costs
of all columns; another device's costs, up to a factor, may be one more thing that is likely.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.block import BlockSpec, operators_of
from hwnas.space import Part, Parts

SHARED = 0.7
"""Of a kind's deviation, what it has in common with kinds of equal operators."""
UNREAD = 0.3
"""How far parts that nothing reads may cost another share than those that are read."""

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_Kind = tuple[type[BlockSpec], tuple[tuple[str, Any], ...], bool]


@dataclass(frozen=True)
class _Work:
    """What the operators of one block do for one image."""

    n_operators: int
    n_weights: int
    dense_macs: int
    depthwise_macs: int
    n_moved: int
    """Numbers read and written."""


@dataclass(frozen=True)
class Likely:
    """Costs that are known up to a factor: ``(n_columns,)`` in any unit."""

    costs: Vector


class PartColumns:
    """The columns of all kinds among some parts; ``n`` of them."""

    def __init__(self, parts: Iterable[Part]) -> None:
        blocks: dict[_Kind, dict[BlockSpec, None]] = {}
        for block, is_read in dict.fromkeys(parts):
            blocks.setdefault(_kind(block, is_read), {})[block] = None
        self._kinds = list(blocks)
        self._typical = [_typical(list(of_kind)) for of_kind in blocks.values()]
        """Of each kind, the work of a block of middling size."""
        grows = [len({block.input_size for block in of_kind}) > 1 for of_kind in blocks.values()]
        self._constant = {kind: place for place, kind in enumerate(self._kinds)}
        growing = [kind for kind, grown in zip(self._kinds, grows, strict=True) if grown]
        self._growing = {kind: len(self._kinds) + place for place, kind in enumerate(growing)}
        self.n = len(self._kinds) + len(growing)

    def row(self, parts: Parts) -> Vector:
        """A network as ``(n,)`` counts; a growing column counts in blocks of middling size.

        Raises:
            KeyError: A part is of no kind that is known.
        """
        counts = np.zeros(self.n)
        for (block, is_read), count in parts.items():
            kind = _kind(block, is_read)
            place = self._constant[kind]
            counts[place] += count
            if kind in self._growing:
                share = _work(block).n_moved / self._typical[place].n_moved
                counts[self._growing[kind]] += count * share
        return counts

    def rows(self, networks: Sequence[Parts]) -> Matrix:
        """``(n_networks, n)``."""
        return np.array([self.row(parts) for parts in networks]).reshape(-1, self.n)

    def likely(
        self, block_ms: Callable[[BlockSpec], float], blocks: Iterable[BlockSpec]
    ) -> Likely:
        """What costs known a block say of each column; nothing of kinds that none is of."""
        found: dict[_Kind, list[tuple[Vector, float]]] = {}
        for block in blocks:
            row = self.row(Parts({Part(block): 1}))
            found.setdefault(_kind(block, True), []).append((row, block_ms(block)))
        costs = np.zeros(self.n)
        for kind, known in found.items():
            columns = [
                self._constant[kind],
                *([self._growing[kind]] if kind in self._growing else []),
            ]
            rows = np.array([row[columns] for row, _ in known])
            told = np.array([ms for _, ms in known])
            costs[columns] = np.linalg.lstsq(rows, told, rcond=None)[0].clip(0)
        return Likely(costs)

    def prior(
        self, rows: Matrix, *, deviation: float, likeness: float, likely: Sequence[Likely] = ()
    ) -> Matrix:
        """Covariance ``(n, n)`` of the columns' costs, where the mean of ``rows`` costs 1.

        Args:
            rows: ``(n_networks, n)``, for the scale alone.
            deviation: How far a kind may cost other than likely, as a share.
            likeness: How much the logarithms of two kinds' work may differ until their
                deviations have little in common.
            likely: Costs that are likely up to a factor, beside the operators'.
        """
        shapes = [*self._operators_costs, *(known.costs for known in likely)]
        totals = [float((rows @ shape).mean()) for shape in shapes]
        scaled = [shape / total for shape, total in zip(shapes, totals, strict=True) if total > 0]
        unread = [UNREAD * np.where(self._is_read, 0.0, shape) for shape in scaled]
        explained = np.array([*scaled, *unread])
        typical = deviation * np.mean(scaled, axis=0)
        covariance: Matrix = explained.T @ explained
        covariance += typical[:, None] * typical * self._alike(likeness)
        return covariance

    @cached_property
    def _operators_costs(self) -> list[Vector]:
        """One vector ``(n,)`` for each thing that operators do, where each costs as much."""
        constant = [np.array([float(get(work)) for work in self._typical]) for get in _CONSTANT]
        growing = [np.array([float(get(work)) for work in self._typical]) for get in _GROWING]
        costs = [np.concatenate([each, np.zeros(len(self._growing))]) for each in constant]
        grown = [self._constant[kind] for kind in self._growing]
        for each in growing:
            fixed = each.copy()
            fixed[grown] = 0.0
            costs.append(np.concatenate([fixed, each[grown]]))
        return costs

    @cached_property
    def _is_read(self) -> NDArray[np.bool_]:
        return np.array([kind[2] for kind in (*self._kinds, *self._growing)])

    def _alike(self, likeness: float) -> Matrix:
        """Correlation ``(n, n)`` of deviations: of like kinds, in columns of one sort."""
        work = np.log1p(np.array([list(asdict(work).values()) for work in self._typical]))
        place = [self._constant[kind] for kind in (*self._kinds, *self._growing)]
        work = work[place]
        distances = np.square(work[:, None] - work).sum(-1)
        grows = np.arange(self.n) >= len(self._kinds)
        sort = 2 * grows + self._is_read
        shared = SHARED * np.exp(-distances / (2 * likeness**2)) * (sort[:, None] == sort)
        alike: Matrix = shared + (1 - SHARED) * np.eye(self.n)
        return alike


_CONSTANT: Sequence[Callable[[_Work], int]] = (
    lambda work: work.n_operators,
    lambda _: 1,
    lambda work: work.n_weights,
)
_GROWING: Sequence[Callable[[_Work], int]] = (
    lambda work: work.dense_macs,
    lambda work: work.depthwise_macs,
    lambda work: work.n_moved,
)
"""What costs in proportion to the numbers of a feature map."""


def _kind(block: BlockSpec, is_read: bool) -> _Kind:
    settings: Mapping[str, Any] = vars(block)
    known = tuple((name, value) for name, value in settings.items() if name != "input_size")
    return type(block), known, is_read


def _typical(blocks: Sequence[BlockSpec]) -> _Work:
    ordered = sorted(blocks, key=lambda block: block.input_size)
    return _work(ordered[len(ordered) // 2])


def _work(block: BlockSpec) -> _Work:
    operators = list(operators_of(block, fused=True))
    return _Work(
        n_operators=len(operators),
        n_weights=sum(op.n_weights for op in operators),
        dense_macs=sum(op.n_macs for op in operators if op.kind != "depthwise"),
        depthwise_macs=sum(op.n_macs for op in operators if op.kind == "depthwise"),
        n_moved=sum(op.reads.n_elements + op.gives.n_elements for op in operators),
    )
