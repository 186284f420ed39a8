"""A space as a layered graph with a score and prices on every move, summed without round-off."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hwnas.block import BlockSpec
from hwnas.space import Decision, Space, blocks_in, layers_of

Blocks = tuple[BlockSpec, ...]
Price = Callable[[BlockSpec], float]
Allows = Callable[[BlockSpec], bool]
Scores = Mapping[str, Mapping[str, float]]
"""Decision name to option to score."""

Layer = Sequence[Sequence[tuple[str, int, Blocks]]]
"""Per state the moves: option, state reached, blocks added."""


LARGEST_COUNT = 2.0**51


def allow_all(block: BlockSpec) -> bool:
    """Every block."""
    return True


@dataclass(frozen=True)
class Grid:
    """Whole multiples of a power of two, so that sums of them are exact in any order.

    The largest sum is about ``LARGEST_COUNT`` units: rounding to a unit costs no more than adding
    floats does, and every sum stays within the 53 bits of a float64.
    """

    unit: float

    @classmethod
    def for_sums_up_to(cls, largest: float) -> "Grid":
        """The finest grid on which sums up to ``largest`` are exact."""
        return cls(math.ldexp(1.0, math.frexp(largest)[1] - 51))

    def count(self, value: float) -> float:
        """How many units come nearest to ``value``; infinity stays infinity."""
        units = value / self.unit
        return units if math.isinf(units) else float(round(units))


@dataclass(frozen=True, slots=True)
class Move:
    """One option in one state: score and costs are counted in units of their grids."""

    option: str
    target: int
    blocks: Blocks
    score: float
    costs: tuple[float, ...]


@dataclass(frozen=True)
class PricedGraph:
    """``layers[i][state]`` holds the moves; walks go from state 0 of the first layer to the end.

    The first layer is the space's start and the last its finish, each with one move a state; the
    layers between are its decisions. ``block_prices[j]`` is what price ``j`` says of each block.
    """

    layers: tuple[tuple[tuple[Move, ...], ...], ...]
    score_grid: Grid
    price_grids: tuple[Grid, ...]
    block_prices: tuple[Mapping[BlockSpec, float], ...]
    n_roundings: int
    """How many roundings a walk's cost can hold, so a bound on its error in grid units."""


def price_graph(
    space: Space, scores: Scores, prices: Sequence[Price], allows: Allows = allow_all
) -> PricedGraph:
    """Ask every price once for every block that a network of allowed blocks can hold.

    Raises:
        ValueError: A score is missing, a score or price is not finite, or every network holds a
            block that is not allowed.
    """
    layers = _with_allowed_blocks(_numbered_layers(space), allows)
    tables = [_option_scores(decision, scores) for decision in space.decisions]
    tables = [{"": 0.0}, *tables, {"": 0.0}]
    blocks = {block for layer in layers for moves in layer for m in moves for block in m[2]}
    block_prices = tuple(
        {block: _finite(price(block), f"price {j} of {block}") for block in blocks}
        for j, price in enumerate(prices)
    )
    score_grid = Grid.for_sums_up_to(math.fsum(max(map(abs, table.values())) for table in tables))
    price_grids = tuple(Grid.for_sums_up_to(_largest_sum(layers, p)) for p in block_prices)

    def priced(option: str, target: int, added: Blocks, table: Mapping[str, float]) -> Move:
        costs = tuple(
            grid.count(math.fsum(known[block] for block in added))
            for grid, known in zip(price_grids, block_prices, strict=True)
        )
        return Move(option, target, added, score_grid.count(table[option]), costs)

    return PricedGraph(
        layers=tuple(
            tuple(tuple(priced(*move, table) for move in moves) for moves in layer)
            for layer, table in zip(layers, tables, strict=True)
        ),
        score_grid=score_grid,
        price_grids=price_grids,
        block_prices=block_prices,
        n_roundings=sum(
            1 + max(len(added) for moves in layer for *_, added in moves) for layer in layers
        ),
    )


def _numbered_layers(space: Space) -> list[Layer]:
    state, places = space.start()
    states = [state]
    layers: list[Layer] = [[[("", 0, tuple(blocks_in(places)))]]]
    for layer in layers_of(space):
        reached = list(dict.fromkeys(move.state for moves in layer.values() for move in moves))
        number = {state: place for place, state in enumerate(reached)}
        layers.append(
            [[(m.option, number[m.state], m.blocks) for m in layer[state]] for state in states]
        )
        states = reached
    layers.append([[("", 0, tuple(blocks_in(space.finish(state))))] for state in states])
    return layers


def _with_allowed_blocks(layers: Sequence[Layer], allows: Allows) -> list[Layer]:
    """Only the moves that add allowed blocks, and the states from which these lead to the end."""
    number = {0: 0}
    kept: list[Layer] = []
    for layer in reversed(layers):
        moves_of = [
            [
                (option, number[target], added)
                for option, target, added in moves
                if target in number and all(map(allows, added))
            ]
            for moves in layer
        ]
        leading = [state for state, moves in enumerate(moves_of) if moves]
        number = {state: place for place, state in enumerate(leading)}
        kept.append([moves_of[state] for state in leading])
    if not number:
        raise ValueError("every network holds a block that is not allowed")
    return kept[::-1]


def _option_scores(decision: Decision, scores: Scores) -> dict[str, float]:
    known = scores.get(decision.name, {})
    missing = [option for option in decision.options if option not in known]
    if missing:
        raise ValueError(f"no score for {decision.name}={missing[0]}; score every option")
    return {
        option: _finite(known[option], f"score of {decision.name}={option}")
        for option in decision.options
    }


def _largest_sum(layers: Sequence[Layer], prices: Mapping[BlockSpec, float]) -> float:
    return math.fsum(
        max(math.fsum(abs(prices[block]) for block in m[2]) for moves in layer for m in moves)
        for layer in layers
    )


def _finite(value: float, what: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{what} must be finite, got {value}")
    return float(value)
