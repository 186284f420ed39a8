"""A whole space priced at once: a million architectures in a second."""

from collections.abc import Callable, Iterable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.space import Space, blocks_in, final_states, layers_of


class PricedSpace:
    """Per decision, what every option costs in every state and which state it leads to."""

    def __init__(
        self,
        space: Space,
        price: Callable[[BlockSpec], float],
        constant: float = 0.0,
        joined: np.ufunc = np.add,
    ) -> None:
        """``constant`` is what every network costs beside its blocks.

        Blocks' prices are added up; by ``np.maximum`` the dearest block is the network's price. A
        walk that leads nowhere costs infinitely much, as do blocks that are priced so.
        """
        self._joined = joined

        def together(blocks: Iterable[BlockSpec], first: float = 0.0) -> float:
            return float(reduce(joined, map(price, blocks), first))

        self._start = together(blocks_in(space.start()[1]), constant)
        self._costs: list[NDArray[np.float64]] = []
        self._targets: list[NDArray[np.intp]] = []
        for decision, layer in zip(space.decisions, layers_of(space), strict=True):
            reached = {m.state: None for moves in layer.values() for m in moves}
            number = {state: place for place, state in enumerate(reached)}
            costs = np.full((len(layer), len(decision.options)), np.inf)
            targets = np.zeros(costs.shape, dtype=np.intp)
            for state, moves in enumerate(layer.values()):
                for move in moves:
                    at = state, decision.options.index(move.option)
                    costs[at] = together(move.blocks)
                    targets[at] = number[move.state]
            self._costs.append(costs)
            self._targets.append(targets)
        self._finish = np.array(
            [together(blocks_in(space.finish(state))) for state in final_states(space)]
        )

    def price(self, options: NDArray[np.integer]) -> NDArray[np.float64]:
        """The price of ``(n, n_decisions)`` architectures, told as places of options: ``(n,)``.

        Raises:
            ValueError: Another number of decisions, or an option that a decision does not have.
        """
        if options.ndim != 2 or options.shape[1] != len(self._costs):
            raise ValueError(f"expected {len(self._costs)} decisions a row, got {options.shape}")
        n_options = [costs.shape[1] for costs in self._costs]
        if len(options) and (options.min() < 0 or (options.max(axis=0) >= n_options).any()):
            raise ValueError(f"expected options below {n_options}, got some that are not")
        states = np.zeros(len(options), dtype=np.intp)
        cost = np.full(len(options), self._start)
        for index, (costs, targets) in enumerate(zip(self._costs, self._targets, strict=True)):
            flat = states * costs.shape[1] + options[:, index]
            self._joined(cost, costs.ravel()[flat], out=cost)
            states = targets.ravel()[flat]
        self._joined(cost, self._finish[states], out=cost)
        return cost

    def reach(self) -> tuple[float, float]:
        """What the cheapest and the dearest network of the space cost."""
        best, worst = self._finish, self._finish
        for costs, targets in zip(reversed(self._costs), reversed(self._targets), strict=True):
            best = self._joined(costs, best[targets]).min(axis=1)
            dear = self._joined(costs, worst[targets])
            worst = np.where(np.isinf(costs), -np.inf, dear).max(axis=1)
        lowest, highest = (float(self._joined(self._start, end[0])) for end in (best, worst))
        return lowest, highest
