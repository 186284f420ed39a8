"""A regression asked of architectures instead of their attributes."""

from dataclasses import dataclass
from typing import Self

from hwnas.regression.multivariate import Kind, Multivariate, Places, Predicted, Vector, learn
from hwnas.space import Attributes


@dataclass(frozen=True)
class ArchitectureRegression:
    """``rows`` are ``(n, n_decisions)`` places of options."""

    attributes: Attributes
    learned: Multivariate

    @classmethod
    def of(cls, attributes: Attributes, rows: Places, values: Vector, kind: Kind) -> Self:
        """Learned from ``(n,)`` values of these.

        Raises:
            ValueError: See ``learn``.
        """
        sums = attributes.sums(rows)
        return cls(attributes, learn(attributes.names, sums, values, kind))

    def refitted(self, rows: Places, values: Vector) -> Self:
        """The same terms, fitted to other networks."""
        learned = self.learned.refitted(self.attributes.sums(rows), values)
        return type(self)(self.attributes, learned)

    def merit(self, rows: Places) -> Vector:
        """See ``Multivariate.merit``."""
        return self.learned.merit(self.attributes.sums(rows))

    def predict(self, rows: Places) -> Vector:
        """See ``Multivariate.predict``."""
        return self.learned.predict(self.attributes.sums(rows))

    def predict_bounds(self, rows: Places) -> Predicted:
        """See ``Multivariate.predict_bounds``."""
        return self.learned.predict_bounds(self.attributes.sums(rows))
