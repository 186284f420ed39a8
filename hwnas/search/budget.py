"""What a network may cost."""

import math
from dataclasses import asdict, dataclass


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
