"""The networks of a space that cost most and least, by a sum over blocks."""

from collections.abc import Callable, Hashable

from hwnas.block import BlockSpec
from hwnas.space.architecture import Architecture
from hwnas.space.protocol import Space
from hwnas.space.walk import blocks_in, final_states, layers_of
from hwnas.space.wiring import Places

Cost = Callable[[BlockSpec], float]


def dearest(space: Space, cost: Cost) -> Architecture:
    """The network with the largest sum, exactly; of equals, the one of the earlier options."""

    def total(places: Places) -> float:
        return sum(cost(block) for block in blocks_in(places))

    ends: dict[Hashable, tuple[float, tuple[str, ...]]] = {
        state: (total(space.finish(state)), ()) for state in final_states(space)
    }
    for layer in reversed(layers_of(space)):
        best = {}
        for state, moves in layer.items():
            values = [total(move.places) + ends[move.state][0] for move in moves]
            value = max(values)
            move = moves[values.index(value)]
            best[state] = (value, (move.option, *ends[move.state][1]))
        ends = best
    return Architecture(ends[space.start()[0]][1])


def cheapest(space: Space, cost: Cost) -> Architecture:
    """The network with the smallest sum, exactly; of equals, the one of the earlier options."""
    return dearest(space, lambda block: -cost(block))
