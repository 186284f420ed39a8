"""What decides which architecture is tried next, and what was learned of each option."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hwnas.space import Architecture


class Strategy(Protocol):
    """Asks for architectures one by one and learns from their accuracies.

    Made from a space's decisions, a random generator, which it then owns, and ``SearchTerms``.
    ``to_json`` between any two calls and ``restore`` on a fresh one continue as if never
    interrupted, bit for bit.
    """

    @property
    def n_asks(self) -> int:
        """How many architectures a whole search asks for."""
        ...

    @property
    def n_asked(self) -> int:
        """How many it has asked for, the one not yet told of included."""
        ...

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to ask."""
        ...

    @property
    def scores(self) -> Mapping[str, Mapping[str, float]]:
        """Decision name to option to score; a network is worth the sum of its options' scores."""
        ...

    @property
    def best(self) -> Sequence[Architecture]:
        """The most accurate networks told of, best first; none where the scores are the answer."""
        ...

    @property
    def told(self) -> Sequence[tuple[Architecture, float]]:
        """Networks and the accuracies told of them; none where those cannot be compared."""
        ...

    def ask(self) -> Architecture:
        """The next architecture to try; the same one again until its accuracy was told.

        Raises:
            ValueError: The search is finished.
        """
        ...

    def tell(self, architecture: Architecture, accuracy: float) -> None:
        """Credit the architecture last asked for with its accuracy, a fraction from 0 to 1.

        Raises:
            ValueError: It is another architecture, or the accuracy is no fraction.
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """The whole state, the random generator's included."""
        ...

    def restore(self, document: Mapping[str, Any]) -> None:
        """Take up a state that ``to_json`` gave.

        Raises:
            InvalidInputError: It is of another strategy, space or setting, or incomplete.
        """
        ...


def check_told(asked: Architecture | None, told: Architecture, accuracy: float) -> None:
    """Refuse credit for what was not trained, and accuracies in percent.

    Raises:
        ValueError: See ``Strategy.tell``.
    """
    if told != asked:
        raise ValueError(f"asked for {asked}, told of {told}; credit goes to what was trained")
    if not (math.isfinite(accuracy) and 0 <= accuracy <= 1):
        raise ValueError(f"accuracy must be a fraction from 0 to 1, got {accuracy}")
