"""What a network may cost, as training is told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from hwnas.block import BlockSpec
from hwnas.space.wiring import Network


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Shares of limits: a network that keeps all of them costs 1 at most.

    ``price`` is that of a block, a sum over limits, and ``weight_price`` what one weight takes of
    it that is pruned alone; ``of_network`` is told the blocks and how many weights are.
    """

    price: Callable[[BlockSpec], float]
    weight_price: float
    of_network: Callable[[Network, int], float]
