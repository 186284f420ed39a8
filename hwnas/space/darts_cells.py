"""DARTS cells as papers tell them: two inputs a node, so high, so many edges without weights.

A supernet is trained with an operation on every edge; the networks generated from its scores are
those a genotype can tell, within the limits that DDPNAS (Zheng et al., IJCV 2023) sets a cell.
"""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from hwnas.errors import InvalidInputError
from hwnas.space import darts
from hwnas.space.architecture import Decision
from hwnas.space.darts import EDGES, N_INPUTS, NODES, NON_PARAMETRIC, NONE, DartsSpace
from hwnas.space.genotype import INPUTS_A_NODE
from hwnas.space.protocol import NOWHERE, Space
from hwnas.space.wiring import Places

MAX_HEIGHT = len(NODES)
N_KEPT_EDGES = INPUTS_A_NODE * len(NODES)


@dataclass(frozen=True, kw_only=True)
class CellLimits:
    """What every cell of a generated network keeps; what is ``None`` is free."""

    max_height: int | None = None
    """A node is one higher than the higher of its two inputs; a cell's own inputs are at 0."""
    non_parametric_edges: int | None = None
    """Exactly so many of a cell's eight edges carry a pooling or a skip."""

    def __str__(self) -> str:
        """What a message adds to the name of a space."""
        limits = []
        if self.max_height is not None:
            limits.append(f"at most {self.max_height} high")
        if self.non_parametric_edges is not None:
            limits.append(f"with {self.non_parametric_edges} non-parametric edge(s)")
        return f" in cells {' and '.join(limits)}" if limits else ""


NO_CELL_LIMITS = CellLimits()


class _State(NamedTuple):
    """What the edges of a cell so far say of those to come; limits that are free count nothing."""

    walk: darts.State = ()
    n_inputs: int = 0
    """Of the node that is being decided."""
    highest_input: int = 0
    heights: tuple[int, ...] = ()
    """Of the nodes decided."""
    n_non_parametric: int = 0


class GenotypeSpace:
    """The networks of a DARTS space that a genotype tells and that keep the limits, as a walk."""

    def __init__(self, space: DartsSpace, limits: CellLimits) -> None:
        """Raises InvalidInputError where no cell can keep a limit."""
        _check("--max-height", limits.max_height, 1, MAX_HEIGHT)
        _check("--non-parametric-edges", limits.non_parametric_edges, 0, N_KEPT_EDGES)
        self._space = space
        self._limits = limits
        self._walk = functools.cache(space.step)  # many states differ in what is counted only

    @property
    def name(self) -> str:
        """The space's own."""
        return self._space.name

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The space's own: an edge that is left out is ``none``."""
        return self._space.decisions

    def start(self) -> tuple[_State, Places]:
        """As in the space."""
        walk, places = self._space.start()
        return _State(walk), places

    def step(self, index: int, state: _State, option: str) -> tuple[_State | str, Places]:
        """As in the space, or nowhere where no cell within the limits goes on so."""
        walk, places = self._walk(index, state.walk, option)
        node, source = EDGES[index % len(EDGES)]
        after = self._counted(state, source, option)._replace(walk=walk)
        if self._is_beyond(after):
            return NOWHERE, ()
        if source < node - 1:
            return after, places
        if after.n_inputs < INPUTS_A_NODE or after.highest_input == self._limits.max_height:
            return NOWHERE, ()
        if node < NODES[-1]:
            heights = (*after.heights, after.highest_input + 1) if self._counts_height else ()
            return after._replace(n_inputs=0, highest_input=0, heights=heights), places
        wanted = self._limits.non_parametric_edges
        is_kept = wanted is None or after.n_non_parametric == wanted
        return (_State(walk), places) if is_kept else (NOWHERE, ())

    def finish(self, state: _State) -> Places:
        """As in the space."""
        return self._space.finish(state.walk)

    def to_json(self) -> Mapping[str, Any]:
        """Of the space."""
        return self._space.to_json()

    @property
    def _counts_height(self) -> bool:
        return self._limits.max_height is not None

    def _counted(self, state: _State, source: int, option: str) -> _State:
        """The state with one more edge."""
        if option == NONE:
            return state
        is_counted = self._limits.non_parametric_edges is not None and option in NON_PARAMETRIC
        is_node = self._counts_height and source >= N_INPUTS
        height = state.heights[source - N_INPUTS] if is_node else 0
        return state._replace(
            n_inputs=state.n_inputs + 1,
            highest_input=max(state.highest_input, height),
            n_non_parametric=state.n_non_parametric + is_counted,
        )

    def _is_beyond(self, state: _State) -> bool:
        most = self._limits.non_parametric_edges
        is_too_many = most is not None and state.n_non_parametric > most
        return is_too_many or state.n_inputs > INPUTS_A_NODE


def generated_space(space: Space, limits: CellLimits = NO_CELL_LIMITS) -> Space:
    """The networks that may be generated: those a genotype tells, or all of another space.

    Raises:
        InvalidInputError: No cell keeps a limit, or the space has no such cells.
    """
    if isinstance(space, DartsSpace):
        return GenotypeSpace(space, limits)
    for name, limit in asdict(limits).items():
        if limit is not None:
            raise InvalidInputError(
                f"--{name.replace('_', '-')} {limit} is for cells whose nodes choose their "
                f"inputs, and space {space.name!r} has none. Leave it out, or give --space darts."
            )
    return space


def worth(space: Space, scores: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The scores as they add up over a generated network: an edge left out is worth nothing."""
    left_out = {NONE: 0.0} if isinstance(space, GenotypeSpace) else {}
    return {name: {**row, **left_out} for name, row in scores.items()}


def kept_classes(space: Space) -> tuple[tuple[str, ...], ...]:
    """Of each of these classes a search keeps an option to its end, for generation to choose."""
    return (NON_PARAMETRIC, darts.PARAMETRIC) if isinstance(space, DartsSpace) else ()


def _check(option: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise InvalidInputError(f"{option} is {value}. Give one from {least} to {most}.")
