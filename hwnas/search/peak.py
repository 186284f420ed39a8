"""The best that the worst block of a network can be."""

from collections.abc import Iterable

from hwnas.block import BlockSpec
from hwnas.search.priced_graph import Price
from hwnas.space import Space, blocks_in, final_states, layers_of


def least_peak(space: Space, price: Price) -> float:
    """The smallest limit that every block of some network keeps, in the price's unit."""

    def largest(blocks: Iterable[BlockSpec]) -> float:
        return max(map(price, blocks), default=0.0)

    rest = {state: largest(blocks_in(space.finish(state))) for state in final_states(space)}
    for layer in reversed(layers_of(space)):
        rest = {
            state: min(max(largest(move.blocks), rest[move.state]) for move in moves)
            for state, moves in layer.items()
        }
    state, places = space.start()
    return max(largest(blocks_in(places)), rest[state])
