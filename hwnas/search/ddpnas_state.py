"""All that DDPNAS remembers between two epochs."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwnas.search.saved import damaged
from hwnas.space import Decision


@dataclass(kw_only=True)
class DdpnasState:
    """Matrices are ``(n_decisions, n_options)``; rows of shorter decisions are padded."""

    is_alive: NDArray[np.bool_]
    theta: NDArray[np.float64]
    velocity: NDArray[np.float64]
    share_sums: NDArray[np.float64]
    """Over the period's finished rounds."""
    accuracy_sums: NDArray[np.float64]
    """Over the round's epochs so far; ``n_tries`` counts them."""
    n_tries: NDArray[np.int64]
    bags: list[list[int]]
    pending: list[int] | None = None
    """The options asked for and not yet told of."""
    n_told: int = 0
    n_epochs: int = 0
    """Of the round."""
    n_rounds: int = 0
    """Of the period."""

    @classmethod
    def fresh(cls, decisions: Sequence[Decision]) -> Self:
        """Every option alive and as likely as the others of its decision."""
        n_options = np.array([len(decision.options) for decision in decisions])
        is_alive = np.arange(n_options.max()) < n_options[:, None]
        return cls(
            is_alive=is_alive,
            theta=is_alive / n_options[:, None],
            velocity=np.zeros(is_alive.shape),
            share_sums=np.zeros(is_alive.shape),
            accuracy_sums=np.zeros(is_alive.shape),
            n_tries=np.zeros(is_alive.shape, dtype=np.int64),
            bags=[[] for _ in decisions],
        )

    @property
    def n_alive(self) -> int:
        """Options left in the longest decision."""
        return int(self.is_alive.sum(axis=1).max())

    def to_json(self) -> dict[str, Any]:
        """Every field, matrices as nested lists."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(self).items()
        }

    def from_json(self, document: Mapping[str, Any]) -> Self:
        """What ``to_json`` wrote, for the same decisions as this state's.

        Raises:
            InvalidInputError: A field is missing, or of another shape.
        """
        values = {}
        for field in fields(self):
            if field.name not in document:
                raise damaged(f"no {field.name} in it")
            values[field.name] = copy.deepcopy(document[field.name])
            mine = getattr(self, field.name)
            if isinstance(mine, np.ndarray):
                values[field.name] = _like(mine, document[field.name], field.name)
        return type(self)(**values)


def _like(mine: NDArray[Any], rows: object, name: str) -> NDArray[Any]:
    try:
        matrix: NDArray[Any] = np.array(rows, dtype=mine.dtype)
    except (TypeError, ValueError) as error:
        raise damaged(f"its {name} is no matrix") from error
    if matrix.shape != mine.shape:
        raise damaged(f"its {name} has shape {matrix.shape}, not {mine.shape}")
    return matrix
