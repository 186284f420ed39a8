"""What a network may cost."""

import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most a network may take; counts are for one image, and what is ``None`` is free."""

    latency_ms: float | None = None
    n_parameters: int | None = None
    n_macs: int | None = None
    memory_bytes: int | None = None
    """Peak working set of one run, which may be of several images; weights are not counted."""
    file_bytes: int | None = None

    def __post_init__(self) -> None:
        given = {name: limit for name, limit in asdict(self).items() if limit is not None}
        if not given:
            raise ValueError(f"a budget needs one of {', '.join(asdict(self))}")
        for name, limit in given.items():
            if not (math.isfinite(limit) and limit > 0):
                raise ValueError(f"{name} must be finite and positive, got {limit}")
