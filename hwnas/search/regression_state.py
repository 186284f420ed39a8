"""All that DDPNAS by regression remembers between two asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwnas.search.asked import Asked
from hwnas.search.saved import damaged


@dataclass(kw_only=True)
class RegressionState(Asked):
    """What was asked, and what was learned of it."""

    credit: NDArray[np.float64]
    """``(n_decisions, n_options)``; rows of shorter decisions are padded."""
    kernel: list[float] = field(default_factory=list)
    """The regression's numbers, learned from the first ``n_learned`` networks."""
    n_learned: int = 0

    @classmethod
    def fresh(cls, n_options: Sequence[int]) -> Self:
        """Nothing told."""
        return cls(credit=np.zeros((len(n_options), max(n_options))))

    def to_json(self) -> dict[str, Any]:
        """Every field, the matrix as nested lists."""
        return super().to_json() | {"credit": self.credit.tolist()}

    def from_json(self, document: Mapping[str, Any]) -> Self:
        """See ``Asked.from_json``."""
        state = super().from_json(document)
        if state.credit.shape != self.credit.shape:
            raise damaged(f"its credit has shape {state.credit.shape}, not {self.credit.shape}")
        return state

    def _fields(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return super()._fields(document) | {
            "credit": np.array(document["credit"], dtype=float),
            "kernel": list(map(float, document["kernel"])),
            "n_learned": int(document["n_learned"]),
        }
