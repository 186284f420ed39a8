"""On which scale a quantity is regressed, and the way back."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Vector = NDArray[np.float64]

END_SHARE = 0.1
"""Of the values at either end, which say how the scale goes on beyond them."""


class Scale(Protocol):
    """A rising map of values ``(n,)``, learned from some of them."""

    name: str

    @classmethod
    def of(cls, values: Vector) -> Self:
        """Learned from these."""
        ...

    def there(self, values: Vector) -> Vector:
        """Onto the scale."""
        ...

    def back(self, scaled: Vector) -> Vector:
        """From the scale."""
        ...


class Identity:
    """The quantity itself."""

    name = "as it is"

    @classmethod
    def of(cls, values: Vector) -> Self:
        """Whatever the values."""
        del values
        return cls()

    def there(self, values: Vector) -> Vector:
        """The same."""
        return values

    def back(self, scaled: Vector) -> Vector:
        """The same."""
        return scaled


class NormalScores:
    """The normal quantiles of ranks (van der Waerden 1952); linear between values and beyond."""

    name = "normal scores of its ranks"

    def __init__(self, values: Vector, scores: Vector) -> None:
        """Rising ``values`` and ``scores``, which line up."""
        self._values = values
        self._scores = scores

    @classmethod
    def of(cls, values: Vector) -> Self:
        """Equal values share the mean of their ranks."""
        ranks = stats.rankdata(values)
        distinct, first = np.unique(values, return_index=True)
        scores: Vector = stats.norm.ppf((ranks[first] - 0.5) / len(values))
        return cls(*_with_ends(distinct, scores))

    def there(self, values: Vector) -> Vector:
        """By interpolation."""
        return np.interp(values, self._values, self._scores)

    def back(self, scaled: Vector) -> Vector:
        """By interpolation."""
        return np.interp(scaled, self._scores, self._values)


def _with_ends(values: Vector, scores: Vector) -> tuple[Vector, Vector]:
    """A far point at either end, in the mean direction of the outermost values."""
    n_end = max(1, round(END_SHARE * len(values)))
    far = scores[-1] - scores[0] + 1
    low = (values[n_end] - values[0]) / (scores[n_end] - scores[0]) if len(values) > n_end else 1
    high = (values[-1] - values[-1 - n_end]) / (scores[-1] - scores[-1 - n_end])
    return (
        np.concatenate([[values[0] - far * low], values, [values[-1] + far * high]]),
        np.concatenate([[scores[0] - far], scores, [scores[-1] + far]]),
    )
