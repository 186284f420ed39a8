"""What a search that asks batch by batch remembers between two asks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from hwnas.search.saved import damaged


@dataclass(kw_only=True)
class Asked:
    """A network is a list of option places."""

    rows: list[list[int]] = field(default_factory=list)
    """The networks told of, in order; ``accuracies`` line up."""
    accuracies: list[float] = field(default_factory=list)
    queue: list[list[int]] = field(default_factory=list)
    """What is left of the batch."""
    pending: list[int] | None = None
    """The network asked for and not yet told of."""

    @property
    def n_asked(self) -> int:
        """Networks asked for, the pending one included."""
        return len(self.rows) + (self.pending is not None)

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)

    def from_json(self, document: Mapping[str, Any]) -> Self:
        """What ``to_json`` wrote, for the same decisions as this state's.

        Raises:
            InvalidInputError: A field is missing, or of another shape.
        """
        try:
            state = type(self)(**self._fields(document))
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(f"it holds {error!r}") from error
        if len(state.rows) != len(state.accuracies):
            raise damaged(f"{len(state.rows)} networks with {len(state.accuracies)} accuracies")
        return state

    def _fields(self, document: Mapping[str, Any]) -> dict[str, Any]:
        pending = document["pending"]
        return {
            "rows": [list(map(int, row)) for row in document["rows"]],
            "accuracies": list(map(float, document["accuracies"])),
            "queue": [list(map(int, row)) for row in document["queue"]],
            "pending": None if pending is None else list(map(int, pending)),
        }
