"""One weighted sum of several prices that binds where the prices bind together."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwnas.search.priced_graph import Grid, Move, PricedGraph

N_STEPS = 60
"""Subgradient steps; more of them tighten the bound by less than they take in time."""


@dataclass(frozen=True)
class WeightedPrice:
    """``sum_j weight_j * cost_j``, counted on a grid of its own."""

    weights: tuple[float, ...]
    grid: Grid

    def cost(self, move: Move) -> float:
        """The weighted cost of one move."""
        return self.grid.count(sum(map(operator.mul, self.weights, move.costs)))

    def limit(self, limits: Sequence[float], n_layers: int) -> float:
        """What the whole walk may cost, with room for the rounding of each layer."""
        return self.grid.count(sum(map(operator.mul, self.weights, limits))) + 2 * n_layers


def weighted_price(graph: PricedGraph, weights: Sequence[float]) -> WeightedPrice:
    """The price with the finest grid that holds its sums."""
    largest = sum(
        max(
            sum(weight * abs(cost) for weight, cost in zip(weights, move.costs, strict=True))
            for moves in layer
            for move in moves
        )
        for layer in graph.layers
    )
    return WeightedPrice(tuple(weights), Grid.for_sums_up_to(largest))


def binding_weights(graph: PricedGraph, limits: Sequence[float]) -> tuple[float, ...]:
    """Weights near the Lagrangian dual's optimum, where the surrogate's bound is tightest.

    Any weights of at least zero give a valid bound; these matter for speed only. Minimises
    ``lambda . limits + max over walks (score - lambda . costs)`` by subgradient steps.

    Args:
        graph: The whole space.
        limits: ``(n_prices,)`` finite, in grid units.
    """
    scale = np.maximum(np.abs(np.array(limits)), 1.0)
    layers = [[_as_arrays(moves, scale) for moves in layer] for layer in graph.layers]
    relative_limits = np.array(limits) / scale
    weights = best_weights = np.zeros(len(scale))
    least_bound, first_length = np.inf, 0.0
    for step in range(N_STEPS):
        score, spent = _best_walk(layers, weights)
        bound = score + float(weights @ relative_limits)
        if bound < least_bound:
            least_bound, best_weights = bound, weights
        slope = relative_limits - spent
        first_length = first_length or abs(score)
        length = first_length / (1 + step) ** 0.7
        weights = np.maximum(0.0, weights - length * slope / max(np.linalg.norm(slope), 1e-12))
    return tuple((best_weights / scale).tolist())


_Moves = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]
"""Scores ``(n,)``, relative costs ``(n, n_prices)`` and targets ``(n,)`` of a state's moves."""


def _as_arrays(moves: Sequence[Move], scale: NDArray[np.float64]) -> _Moves:
    return (
        np.array([move.score for move in moves]),
        np.array([move.costs for move in moves]) / scale,
        np.array([move.target for move in moves]),
    )


def _best_walk(
    layers: Sequence[Sequence[_Moves]], weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """The largest weighted score of any walk, and that walk's relative costs."""
    values, spent = np.zeros(1), np.zeros((1, len(weights)))
    for layer in reversed(layers):
        new_values, new_spent = np.empty(len(layer)), np.empty((len(layer), len(weights)))
        for state, (scores, costs, targets) in enumerate(layer):
            after = scores - costs @ weights + values[targets]
            best = int(after.argmax())
            new_values[state] = after[best]
            new_spent[state] = costs[best] + spent[targets[best]]
        values, spent = new_values, new_spent
    return float(values[0]), spent[0]
