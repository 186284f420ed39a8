"""What the rest of a network can still score for what it may still cost, exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.search.priced_graph import Move, PricedGraph

Cost = Callable[[Move], float]


@dataclass(frozen=True, eq=False)
class Front:
    """Pareto points ``(n,)``: costs and scores both strictly ascending, in grid units."""

    costs: NDArray[np.float64]
    scores: NDArray[np.float64]

    def best_score(self, allowance: float) -> float:
        """The best score at no more than this cost; minus infinity where nothing is so cheap."""
        n_affordable = int(self.costs.searchsorted(allowance, side="right"))
        return float(self.scores[n_affordable - 1]) if n_affordable else -np.inf


Fronts = tuple[tuple[Front, ...], ...]
"""``[layer][state]``; the last is the end of every walk, at no cost and no score."""


def suffix_fronts(graph: PricedGraph, cost: Cost) -> Fronts:
    """For each layer and state, the exact front over all ways from there to the end.

    The multiple-choice knapsack by dynamic programming over dominance, backwards, instead of over
    a rounded value as DDPNAS's network generation does.
    """
    fronts: list[tuple[Front, ...]] = [(Front(np.zeros(1), np.zeros(1)),)]
    for layer in reversed(graph.layers):
        fronts.append(tuple(_merged(moves, fronts[-1], cost) for moves in layer))
    return tuple(reversed(fronts))


def without_twins(front: Front, n_units: int) -> Front:
    """The front with one point where several differ by ``n_units`` or less, which is round-off."""
    places: list[int] = []
    for place, (cost, score) in enumerate(zip(front.costs, front.scores, strict=True)):
        if places and score - front.scores[places[-1]] <= n_units:
            continue
        if places and cost - front.costs[places[-1]] <= n_units:
            places.pop()
        places.append(place)
    return Front(front.costs[places], front.scores[places])


def walks_on_front(
    graph: PricedGraph, fronts: Fronts, cost: Cost, points: Front
) -> list[tuple[Move, ...]]:
    """The walk behind each of these points of the whole graph's front.

    Nothing but the fronts was kept: since sums are exact, a point minus a move's cost and score
    is a point of the next front exactly where the walk may take that move.
    """
    left = (points.costs.copy(), points.scores.copy())
    states = np.zeros(len(left[0]), dtype=np.int64)
    walks: list[list[Move]] = [[] for _ in states]
    for layer, next_fronts in zip(graph.layers, fronts[1:], strict=True):
        chosen = _moves_behind(layer, next_fronts, cost, states, left)
        for walk, move in zip(walks, chosen, strict=True):
            walk.append(move)
        states = np.array([move.target for move in chosen], dtype=np.int64)
        left[0][:] -= [cost(move) for move in chosen]
        left[1][:] -= [move.score for move in chosen]
    return [tuple(walk) for walk in walks]


def _merged(moves: Sequence[Move], next_fronts: Sequence[Front], cost: Cost) -> Front:
    costs = np.concatenate([next_fronts[move.target].costs + cost(move) for move in moves])
    scores = np.concatenate([next_fronts[move.target].scores + move.score for move in moves])
    order = np.argsort(costs, kind="stable")  # merges the ascending runs, faster than sorting
    costs, scores = costs[order], scores[order]
    best_so_far = np.maximum.accumulate(scores)
    is_better = np.append(True, scores[1:] > best_so_far[:-1])
    costs, scores = costs[is_better], scores[is_better]
    is_best_at_its_cost = np.append(costs[1:] > costs[:-1], True)
    return Front(costs[is_best_at_its_cost], scores[is_best_at_its_cost])


def _moves_behind(
    layer: Sequence[Sequence[Move]],
    next_fronts: Sequence[Front],
    cost: Cost,
    states: NDArray[np.int64],
    left: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> list[Move]:
    chosen: list[Move | None] = [None] * len(states)
    for state, moves in enumerate(layer):
        open_points = np.flatnonzero(states == state)
        for move in moves:
            front = next_fronts[move.target]
            costs = left[0][open_points] - cost(move)
            place = np.minimum(front.costs.searchsorted(costs), len(front.costs) - 1)
            scores = left[1][open_points] - move.score
            is_behind = (front.costs[place] == costs) & (front.scores[place] == scores)
            for point in open_points[is_behind]:
                chosen[point] = move
            open_points = open_points[~is_behind]
    return [move for move in chosen if move is not None]
