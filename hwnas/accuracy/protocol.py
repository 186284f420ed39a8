"""What an accuracy source, and a source of mere scores, must be able to say."""

from typing import Protocol

from hwnas.space import Architecture


class AccuracySource(Protocol):
    """Tells how accurate an architecture is, or is expected to be.

    ``hwnas.train.SupernetTrainer`` is one.
    """

    def accuracy(self, architecture: Architecture) -> float:
        """A share of images classified right, from 0 to 1."""
        ...


class ScoreSource(Protocol):
    """Tells which of two architectures is expected to be better, and not how good either is.

    ``hwnas.accuracy.proxies.ZeroCostSource`` is one.
    """

    def score(self, architecture: Architecture) -> float:
        """Finite, in no unit, higher is expected better."""
        ...
