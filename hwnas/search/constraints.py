"""What a network may cost, and how a block is priced against it."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from hwnas.block import BlockSpec
from hwnas.search.priced_graph import Price


@dataclass(frozen=True)
class Constraint:
    """The sum of ``price`` over a network's blocks must be at most ``limit``."""

    name: str
    price: Price
    limit: float


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most a network may take, for one image; what is ``None`` is free."""

    latency_ms: float | None = None
    n_parameters: int | None = None
    n_macs: int | None = None

    def __post_init__(self) -> None:
        given = {name: limit for name, limit in asdict(self).items() if limit is not None}
        if not given:
            raise ValueError("a budget needs latency_ms, n_parameters or n_macs")
        for name, limit in given.items():
            if not (math.isfinite(limit) and limit > 0):
                raise ValueError(f"{name} must be finite and positive, got {limit}")

    def constraints(self, latency_ms: Callable[[BlockSpec], float]) -> tuple[Constraint, ...]:
        """The limits that are set, latency first.

        Args:
            latency_ms: One block's share of a network's latency, in milliseconds.
        """
        prices: dict[str, Price] = {
            "latency_ms": latency_ms,
            "n_parameters": lambda block: block.n_parameters,
            "n_macs": lambda block: block.n_macs,
        }
        return tuple(
            Constraint(name, prices[name], limit)
            for name, limit in asdict(self).items()
            if limit is not None
        )
