"""A whole space priced at once: a million architectures in a second."""

import numpy as np
from numpy.typing import NDArray

from hwnas.latency.protocol import LatencyModel
from hwnas.space import Space, blocks_in, final_states, layers_of


class PricedSpace:
    """Per decision, what every option costs in every state and which state it leads to."""

    def __init__(self, space: Space, model: LatencyModel) -> None:
        self._start_ms = model.constant_ms + sum(map(model.block_ms, blocks_in(space.start()[1])))
        self._costs: list[NDArray[np.float64]] = []
        self._targets: list[NDArray[np.intp]] = []
        for layer in layers_of(space):
            reached = {m.state: None for moves in layer.values() for m in moves}
            number = {state: place for place, state in enumerate(reached)}
            self._targets.append(
                np.array([[number[m.state] for m in moves] for moves in layer.values()])
            )
            self._costs.append(
                np.array(
                    [
                        [sum(map(model.block_ms, m.blocks)) for m in moves]
                        for moves in layer.values()
                    ]
                )
            )
        self._finish_ms = np.array(
            [
                sum(map(model.block_ms, blocks_in(space.finish(state))))
                for state in final_states(space)
            ]
        )

    def price(self, options: NDArray[np.integer]) -> NDArray[np.float64]:
        """Milliseconds of ``(n, n_decisions)`` architectures, told as places of options: ``(n,)``.

        Raises:
            ValueError: Another number of decisions, or an option that a decision does not have.
        """
        if options.ndim != 2 or options.shape[1] != len(self._costs):
            raise ValueError(f"expected {len(self._costs)} decisions a row, got {options.shape}")
        n_options = [costs.shape[1] for costs in self._costs]
        if len(options) and (options.min() < 0 or (options.max(axis=0) >= n_options).any()):
            raise ValueError(f"expected options below {n_options}, got some that are not")
        states = np.zeros(len(options), dtype=np.intp)
        latency_ms = np.full(len(options), self._start_ms)
        for index, (costs, targets) in enumerate(zip(self._costs, self._targets, strict=True)):
            flat = states * costs.shape[1] + options[:, index]
            latency_ms += costs.ravel()[flat]
            states = targets.ravel()[flat]
        latency_ms += self._finish_ms[states]
        return latency_ms

    def reach_ms(self) -> tuple[float, float]:
        """The fastest and the slowest network of the space, in milliseconds."""
        best, worst = self._finish_ms, self._finish_ms
        for costs, targets in zip(reversed(self._costs), reversed(self._targets), strict=True):
            best = (costs + best[targets]).min(axis=1)
            worst = (costs + worst[targets]).max(axis=1)
        return self._start_ms + float(best[0]), self._start_ms + float(worst[0])
