"""All that DDPNAS by regression remembers between two asks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwnas.search.saved import damaged


@dataclass(kw_only=True)
class RegressionState:
    """A network is a list of option places."""

    credit: NDArray[np.float64]
    """``(n_decisions, n_options)``; rows of shorter decisions are padded."""
    rows: list[list[int]] = field(default_factory=list)
    """The networks told of, in order; ``accuracies`` line up."""
    accuracies: list[float] = field(default_factory=list)
    queue: list[list[int]] = field(default_factory=list)
    """What is left of the batch."""
    pending: list[int] | None = None
    """The network asked for and not yet told of."""
    kernel: list[float] = field(default_factory=list)
    """The regression's numbers, learned from the first ``n_learned`` networks."""
    n_learned: int = 0

    @classmethod
    def fresh(cls, n_options: Sequence[int]) -> Self:
        """Nothing told."""
        return cls(credit=np.zeros((len(n_options), max(n_options))))

    def to_json(self) -> dict[str, Any]:
        """Every field, the matrix as nested lists."""
        return asdict(self) | {"credit": self.credit.tolist()}

    def from_json(self, document: Mapping[str, Any]) -> Self:
        """What ``to_json`` wrote, for the same decisions as this state's.

        Raises:
            InvalidInputError: A field is missing, or of another shape.
        """
        try:
            pending = document["pending"]
            state = type(self)(
                credit=np.array(document["credit"], dtype=float),
                rows=[list(map(int, row)) for row in document["rows"]],
                accuracies=list(map(float, document["accuracies"])),
                queue=[list(map(int, row)) for row in document["queue"]],
                pending=None if pending is None else list(map(int, pending)),
                kernel=list(map(float, document["kernel"])),
                n_learned=int(document["n_learned"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(f"it holds {error!r}") from error
        if state.credit.shape != self.credit.shape:
            raise damaged(f"its credit has shape {state.credit.shape}, not {self.credit.shape}")
        if len(state.rows) != len(state.accuracies):
            raise damaged(f"{len(state.rows)} networks with {len(state.accuracies)} accuracies")
        return state
