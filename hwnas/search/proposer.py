"""What proposes networks within a budget, best first: generation from scores, or annealing."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from hwnas.search.generate import Candidate
from hwnas.space import Architecture


class Proposer(Protocol):
    """Limits are one a price, in the price's unit; infinity is no limit."""

    @property
    def expects_accuracies(self) -> bool:
        """Whether a score is an expected accuracy, from 0 to 1."""
        ...

    @property
    def hypervolumes(self) -> Sequence[float]:
        """How far the front had come by each generation; empty where none evolved.

        Shares of the box between the best and the worst values that were ever met.
        """
        ...

    def best(self, limits: Sequence[float]) -> Iterator[Candidate]:
        """Networks that keep the limits, best first; none if none does."""
        ...

    def priced(self, architecture: Architecture) -> Candidate | None:
        """This network's score and costs; nothing if it holds a block that is not allowed."""
        ...

    def front(self) -> list[Candidate]:
        """Networks that no other beats by first price and score, cheapest first.

        Where further objectives were given, by these too.
        """
        ...

    def cheapest(self, price_index: int) -> Candidate:
        """The network that costs least by one price."""
        ...
