"""Accuracy from the qualities of a network's blocks, as DONNA predicts it (Moons et al. 2021).

A ridge regression on one number a block: how well each was distilled. Which number predicts best
(the noise-to-signal ratio, its logarithm or the cosine similarity), and whether second-order
terms help, is decided by leaving each network out in turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hwnas.regression.multivariate import kendall_tau

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]
Measures = Mapping[str, Sequence[Vector]]
"""By name, for each decision ``(n_options,)``: how good its options are."""

ALPHAS = np.geomspace(1e-4, 1e2, 13)
SIMPLE, SECOND_ORDER = "first order", "second order"
WORTH = 0.9
"""A second-order model must have at most so much of the first order's squared error."""
FEWEST = 8
"""Networks; with less nothing can be left out."""
N_RESAMPLES = 500


@dataclass(frozen=True, kw_only=True)
class QualityFit:
    """How networks are predicted that were left out; the interval holds 9 of 10 resamples."""

    n_networks: int
    measure: str
    order: str
    kendall_tau: float
    tau_low: float
    tau_high: float
    mean_error: float
    """In the unit of the accuracies."""


class QualityRegression:
    """Learned from some networks, for any of the same library."""

    def __init__(self, tables: Sequence[Vector], order: str, model: Any, fit: QualityFit) -> None:  # noqa: ANN401 - scikit-learn is not typed
        """See ``learn``."""
        self._tables = tuple(tables)
        self._order = order
        self._model = model
        self.fit = fit

    @classmethod
    def learn(cls, measures: Measures, rows: Rows, accuracies: Vector) -> Self:
        """From ``(n, n_decisions)`` networks and their ``(n,)`` accuracies.

        Raises:
            ValueError: They are fewer than ``FEWEST``, or all equal.
        """
        if len(rows) < FEWEST or np.ptp(accuracies) == 0:
            raise ValueError(
                f"{len(rows)} networks with accuracies from {accuracies.min():.4g} to "
                f"{accuracies.max():.4g} tell nothing of others"
            )
        tried = {}
        for measure, order in product(measures, (SIMPLE, SECOND_ORDER)):
            design = _design(_qualities(measures[measure], rows), order)
            left_out = _left_out(design, accuracies)
            error = float(np.square(left_out - accuracies).mean())
            tried[measure, order] = (error * (1 if order == SIMPLE else 1 / WORTH), left_out)
        measure, order = min(tried, key=lambda key: tried[key][0])
        fit = _fit_of(measure, order, tried[measure, order][1], accuracies)
        tables = measures[measure]
        model = _ridge().fit(_design(_qualities(tables, rows), order), accuracies)
        return cls(tables, order, model, fit)

    def predict(self, rows: Rows) -> Vector:
        """``(n,)`` expected accuracies."""
        found: Vector = self._model.predict(_design(_qualities(self._tables, rows), self._order))
        return found

    def merit(self, rows: Rows) -> Vector:
        """The same: see ``ArchitectureRegression.merit``."""
        return self.predict(rows)


def _qualities(tables: Sequence[Vector], rows: Rows) -> Matrix:
    """``(n, n_decisions)``."""
    return np.stack([table[rows[:, at]] for at, table in enumerate(tables)], axis=1)


def _design(qualities: Matrix, order: str) -> Matrix:
    if order == SIMPLE:
        return qualities
    pairs = combinations_with_replacement(range(qualities.shape[1]), 2)
    products = [qualities[:, a] * qualities[:, b] for a, b in pairs]
    return np.column_stack([qualities, *products])


def _ridge() -> Any:  # noqa: ANN401 - scikit-learn is not typed
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeCV(alphas=ALPHAS))


def _left_out(design: Matrix, accuracies: Vector) -> Vector:
    """Each network as the others predict it; they choose the ridge's weight too."""
    from sklearn.model_selection import LeaveOneOut, cross_val_predict

    found: Vector = cross_val_predict(_ridge(), design, accuracies, cv=LeaveOneOut())
    return found


def _fit_of(measure: str, order: str, left_out: Vector, accuracies: Vector) -> QualityFit:
    rng = np.random.default_rng(0)
    taus = []
    for _ in range(N_RESAMPLES):
        drawn = rng.integers(len(accuracies), size=len(accuracies))
        if np.ptp(accuracies[drawn]) > 0:
            taus.append(kendall_tau(left_out[drawn], accuracies[drawn]))
    low, high = np.quantile(taus, (0.05, 0.95))
    return QualityFit(
        n_networks=len(accuracies),
        measure=measure,
        order=order,
        kendall_tau=kendall_tau(left_out, accuracies),
        tau_low=float(low),
        tau_high=float(high),
        mean_error=float(np.abs(left_out - accuracies).mean()),
    )
