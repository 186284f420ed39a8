"""What a network may cost, as training is told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from hwnas.block import BlockSpec
from hwnas.space.wiring import Network


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Shares of limits: a network that keeps all of them costs 1 at most.

    ``price`` is that of a block, a sum over limits, and ``weight_price`` what one weight takes of
    it that is pruned alone; ``of_network`` is given the blocks and how many weights are pruned
    alone.
    """

    price: Callable[[BlockSpec], float]
    weight_price: float
    of_network: Callable[[Network, int], float]

    @classmethod
    def of_parameters(cls, most: int) -> Self:
        """Where nothing but the parameters that are kept is limited."""

        def of_network(network: Network, n_zeros: int) -> float:
            return (sum(block.n_parameters for block in network) - n_zeros) / most

        return cls(
            price=lambda block: block.n_parameters / most,
            weight_price=1 / most,
            of_network=of_network,
        )
