"""NSGA-II (Deb et al. 2002) on any number of objectives under hard limits; pymoo's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Places

Matrix = NDArray[np.float64]
Objectives = Callable[[Places], Matrix]
"""``(n, n_decisions)`` networks to ``(n, n_objectives)`` values, less is better."""


@dataclass(frozen=True, kw_only=True)
class Nsga2Settings:
    """DONNA's population; ``n_generations`` times as many networks are evaluated."""

    population: int = 100
    n_generations: int = 200

    def __post_init__(self) -> None:
        if self.population < 4 or self.n_generations < 1:
            raise ValueError(f"NSGA-II needs a population of 4 and a generation, got {self}")


DEFAULT_SETTINGS = Nsga2Settings()


@dataclass(frozen=True, eq=False)
class Front:
    """Networks of which none beats another, and how far the front had come by each generation.

    ``values`` line up with ``rows``; ``hypervolumes`` are of the first two objectives, shares of
    the box between the best and the worst values that were ever met.
    """

    rows: Places
    values: Matrix
    hypervolumes: tuple[float, ...]


def nsga2(
    n_options: Sequence[int],
    objectives: Objectives,
    excess: Objectives,
    starts: Places,
    rng: np.random.Generator,
    settings: Nsga2Settings = DEFAULT_SETTINGS,
) -> Front:
    """The Pareto set of all networks evaluated that exceed no limit.

    Args:
        n_options: Of each decision.
        objectives: What is minimised.
        excess: What is over a limit where it is above 0.
        starts: ``(n, n_decisions)`` to begin with, such as those of another front: all are known
            to the result, and up to half of the first population is of them, evenly; the rest is
            drawn uniformly.
        rng: Where chance comes from.
        settings: How long.

    Raises:
        ValueError: No network evaluated keeps the limits.
    """
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.operators.crossover.ux import UniformCrossover
    from pymoo.operators.mutation.rm import ChoiceRandomMutation

    n_started = min(len(starts), settings.population // 2)
    started = starts[np.linspace(0, len(starts) - 1, n_started).round().astype(int)]
    missing = settings.population - n_started
    drawn = rng.integers(np.array(n_options), size=(missing, len(n_options)))
    algorithm = NSGA2(
        pop_size=settings.population,
        sampling=np.concatenate([started, drawn]),
        crossover=UniformCrossover(prob=0.9),
        mutation=ChoiceRandomMutation(prob=1.0, prob_var=1 / len(n_options)),
        eliminate_duplicates=True,
    )
    problem = _problem(n_options, objectives, excess)
    algorithm.setup(
        problem,
        termination=("n_gen", settings.n_generations),
        seed=int(rng.integers(2**31)),
        verbose=False,
    )
    archive = _Archive()
    archive.add(starts, objectives(starts), excess(starts))
    while algorithm.has_next():
        asked = algorithm.ask()
        if asked is None or not len(asked):  # a space so small that no network is new
            break
        algorithm.evaluator.eval(problem, asked)
        algorithm.tell(infills=asked)
        archive.add(asked.get("X").astype(np.int64), asked.get("F"), asked.get("G"))
    return archive.front()


def _problem(n_options: Sequence[int], objectives: Objectives, excess: Objectives) -> Any:  # noqa: ANN401 - pymoo is not typed
    from pymoo.core.problem import Problem
    from pymoo.core.variable import Choice

    some = np.zeros((1, len(n_options)), dtype=np.int64)

    class Networks(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(
                vars={str(at): Choice(options=range(n)) for at, n in enumerate(n_options)},
                n_obj=objectives(some).shape[1],
                n_ieq_constr=excess(some).shape[1],
            )

        def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:  # noqa: ANN401
            rows = np.asarray(x).astype(np.int64)
            out["F"], out["G"] = objectives(rows), excess(rows)

    return Networks()


class _Archive:
    """All that kept the limits, reduced to what is not dominated; and fronts by generation."""

    def __init__(self) -> None:
        self._rows: list[Places] = []
        self._values: list[Matrix] = []

    def add(self, rows: Places, values: Matrix, excess: Matrix) -> None:
        kept = (excess <= 0).all(axis=1)
        self._rows.append(rows[kept])
        self._values.append(values[kept])

    def front(self) -> Front:
        rows, values = np.concatenate(self._rows), np.concatenate(self._values)
        if not len(rows):
            raise ValueError("no network was met that keeps the limits")
        distinct, first = np.unique(rows, axis=0, return_index=True)
        best = undominated(values[first])
        return Front(distinct[best], values[first][best], tuple(self._hypervolumes(values)))

    def _hypervolumes(self, values: Matrix) -> list[float]:
        from pymoo.indicators.hv import Hypervolume

        two = values[:, :2]
        low, high = two.min(axis=0), two.max(axis=0)
        span = np.where(high > low, high - low, 1.0)
        indicator = Hypervolume(ref_point=np.ones(2))
        known, found = (self._values[0][:, :2] - low) / span, []
        for added in self._values[1:]:
            known = np.concatenate([known, (added[:, :2] - low) / span])
            known = known[undominated(known)]
            found.append(float(indicator(known)) if len(known) else 0.0)
        return found


def undominated(values: Matrix) -> NDArray[np.int64]:
    """Places of the rows that no other is as good as in all columns and better than in one."""
    from pymoo.util.nds.non_dominated_sorting import find_non_dominated

    if not len(values):
        return np.zeros(0, dtype=np.int64)
    places: NDArray[np.int64] = np.sort(find_non_dominated(values)).astype(np.int64)
    return places
