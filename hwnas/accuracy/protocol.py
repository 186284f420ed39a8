"""What an accuracy source must be able to say."""

from typing import Protocol

from hwnas.space import Architecture


class AccuracySource(Protocol):
    """Tells how accurate an architecture is, or is expected to be.

    ``hwnas.train.SupernetTrainer`` is one.
    """

    def accuracy(self, architecture: Architecture) -> float:
        """A share of images classified right, from 0 to 1."""
        ...
