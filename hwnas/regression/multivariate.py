"""Multivariate regression of accuracy or latency on what can be read off an architecture.

As FOX-NAS predicts both (Wu et al. 2021), with what its formulas leave open settled by the data:

- which terms count, by *automatic relevance determination* (MacKay 1994; Tipping 2001): the prior
  of each standardised coefficient has a width of its own, chosen by the evidence, an information
  criterion, and terms without evidence drop out;
- from which set of terms, and on which scale, by the rank correlation of predictions in
  cross-validation. The scale is the quantity's own, or for accuracies the normal scores of its
  ranks: near the top, tenths of a point tell networks apart, at the bottom whole points do not.

The linear algebra is scikit-learn's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hwnas.regression.scale import Identity, NormalScores, Scale
from hwnas.regression.terms import Columns, Matrix, Term
from hwnas.space import Attribute

Vector = NDArray[np.float64]
Places = NDArray[np.int64]
Kind = Literal["accuracy", "latency", "loss"]
SCALES: Mapping[Kind, tuple[type[Scale], ...]] = {
    "accuracy": (Identity, NormalScores),
    "latency": (Identity,),
    "loss": (Identity,),
}

N_FOLDS = 10
CONFIDENCE = 0.9
FEWEST_NETWORKS = 20
"""Below so many, folds are too small to choose anything by."""
RELEVANT = 1e-6
"""Of the target's deviation: a smaller standardised coefficient does not count."""


@dataclass(frozen=True, kw_only=True)
class RegressionQuality:
    """How networks are predicted that a fold's regression did not see."""

    n_networks: int
    kendall_tau: float
    r2: float
    mape: float
    """Mean absolute error in per cent of the value."""


@dataclass(frozen=True)
class Predicted:
    """``(n,)`` in the target's unit; the truth lies within the bounds with ``CONFIDENCE``."""

    values: Vector
    low: Vector
    high: Vector


class Multivariate:
    """A regression learned from some networks (``learn``), for any of the same space."""

    def __init__(self, columns: Columns, chosen: "_Chosen", sums: Matrix, values: Vector) -> None:
        """Fit the chosen terms on the chosen scale."""
        self._columns = columns
        self._chosen = chosen
        self._fit = _Fit(self._design(sums), values, chosen.scale)

    def refitted(self, sums: Matrix, values: Vector) -> Self:
        """The same terms on the same scale, fitted to other networks."""
        return type(self)(self._columns, self._chosen, sums, values)

    @property
    def quality(self) -> RegressionQuality:
        """In cross-validation of what it was learned from."""
        return self._chosen.quality

    @property
    def term_set(self) -> str:
        """Which of ``Columns.term_sets``."""
        return self._chosen.term_set

    @property
    def n_terms(self) -> int:
        """Candidates, of which some were dropped."""
        return len(self._chosen.terms)

    @property
    def scale_name(self) -> str:
        """In what the target is regressed."""
        return self._fit.scale.name

    def predict(self, sums: Matrix) -> Vector:
        """``(n,)`` in the target's unit."""
        return self._fit.scale.back(self.merit(sums))

    def merit(self, sums: Matrix) -> Vector:
        """``(n,)`` on the scale of the regression, which orders networks as ``predict`` does."""
        terms, slopes = self._relevant
        return self._fit.offset + self._columns.terms(self._columns.values(sums), terms) @ slopes

    def predict_bounds(self, sums: Matrix) -> Predicted:
        """With bounds: the regression's own deviation, as wide as networks left out ask for."""
        design = self._design(sums)
        mean, deviation = self._fit.predict_deviation(design)
        scale = self._fit.scale
        return Predicted(
            scale.back(mean),
            scale.back(mean - self._chosen.safety * deviation),
            scale.back(mean + self._chosen.safety * deviation),
        )

    @property
    def coefficients(self) -> list[tuple[Term, float]]:
        """The terms that count and their standardised coefficients, largest first."""
        found = zip(self._chosen.terms, self._fit.coefficients, strict=True)
        relevant = [(term, float(c)) for term, c in found if c]
        return sorted(relevant, key=lambda pair: -abs(pair[1]))

    @cached_property
    def _relevant(self) -> tuple[list[Term], Vector]:
        """The terms that count, and what one unit of each adds."""
        slopes = self._fit.slopes
        counts = np.flatnonzero(slopes)
        return [self._chosen.terms[at] for at in counts], slopes[counts]

    def _design(self, sums: Matrix) -> Matrix:
        return self._columns.terms(self._columns.values(sums), self._chosen.terms)


def learn(
    attributes: Sequence[Attribute], sums: Matrix, values: Vector, kind: Kind
) -> Multivariate:
    """Choose terms and scale, and fit them.

    Args:
        attributes: ``n_attributes`` of the space.
        sums: ``(n, n_attributes)`` of the networks.
        values: ``(n,)`` their accuracies or latencies.
        kind: Which of both.

    Raises:
        ValueError: Fewer networks than ``FEWEST_NETWORKS``, or all are equal.
    """
    if len(values) < FEWEST_NETWORKS or np.ptp(values) == 0:
        raise ValueError(
            f"{len(values)} networks of {len(np.unique(values))} distinct values say too little"
        )
    columns = Columns(tuple(attributes))
    folds = np.random.default_rng(0).permutation(len(values)) % N_FOLDS
    tried = [
        _tried(columns, name, scale, (sums, values, folds))
        for name in columns.term_sets
        for scale in SCALES[kind]
    ]
    best = max(tried, key=lambda chosen: chosen.quality.kendall_tau)
    return Multivariate(columns, best, sums, values)


def kendall_tau(expected: Vector, truth: Vector) -> float:
    """Kendall's tau-b; -1 where all expected values are equal, for they tell nothing."""
    if np.ptp(expected) == 0:
        return -1.0
    return float(stats.kendalltau(expected, truth).statistic)


class _Fit:
    """One relevance determination over standardised, distinct terms."""

    def __init__(self, design: Matrix, values: Vector, scale: type[Scale]) -> None:
        from sklearn.linear_model import ARDRegression

        self.scale = scale.of(values)
        target = self.scale.there(values)
        self._mean, self._spread = float(target.mean()), float(target.std()) or 1.0
        self._n_terms = design.shape[1]
        self._used = _distinct_columns(design)
        self._centre = design[:, self._used].mean(axis=0)
        self._width = design[:, self._used].std(axis=0)
        self._ard: Any = ARDRegression()
        self._ard.fit(self._standard(design), (target - self._mean) / self._spread)

        counts = np.abs(self._ard.coef_) > RELEVANT
        self.coefficients = self._of_all_terms(np.where(counts, self._ard.coef_, 0.0))
        """``(n_terms,)`` in deviations of the target a deviation of the term, or 0."""
        self.slopes = self._spread * self._of_all_terms(
            np.where(counts, self._ard.coef_ / self._width, 0.0)
        )
        """``(n_terms,)`` what one unit of a term adds."""
        centre = self._of_all_terms(self._centre)
        self.offset = (
            self._mean + self._spread * float(self._ard.intercept_) - float(centre @ self.slopes)
        )

    def _of_all_terms(self, of_used: Vector) -> Vector:
        """``(n_terms,)`` with 0 for what is not used."""
        found = np.zeros(self._n_terms)
        found[self._used] = of_used
        return found

    def predict_deviation(self, design: Matrix) -> tuple[Vector, Vector]:
        mean, deviation = self._ard.predict(self._standard(design), return_std=True)
        return self._mean + self._spread * mean, self._spread * deviation

    def _standard(self, design: Matrix) -> Matrix:
        standard: Matrix = (design[:, self._used] - self._centre) / self._width
        return standard


@dataclass(frozen=True, kw_only=True)
class _Chosen:
    """What was chosen by networks left out, and how good it was for them.

    Of 10 networks left out 9 lay within ``safety`` of their own deviations.
    """

    term_set: str
    terms: tuple[Term, ...]
    scale: type[Scale]
    quality: RegressionQuality
    safety: float


def _tried(
    columns: Columns, term_set: str, scale: type[Scale], known: tuple[Matrix, Vector, Places]
) -> _Chosen:
    sums, values, folds = known
    terms = columns.term_sets[term_set]
    design = columns.terms(columns.values(sums), terms)
    predicted, off = np.empty(len(values)), np.empty(len(values))
    for fold in range(N_FOLDS):
        out = folds == fold
        fit = _Fit(design[~out], values[~out], scale)
        mean, deviation = fit.predict_deviation(design[out])
        predicted[out] = fit.scale.back(mean)
        off[out] = np.abs(fit.scale.there(values[out]) - mean) / deviation
    return _Chosen(
        term_set=term_set,
        terms=terms,
        scale=scale,
        quality=regression_quality(predicted, values),
        safety=float(np.quantile(off, CONFIDENCE, method="higher")),
    )


def regression_quality(predicted: Vector, values: Vector) -> RegressionQuality:
    """Compare ``(n,)`` predictions with the truth."""
    errors = predicted - values
    return RegressionQuality(
        n_networks=len(values),
        kendall_tau=kendall_tau(predicted, values),
        r2=float(1 - np.square(errors).sum() / np.square(values - values.mean()).sum()),
        mape=float(100 * np.mean(np.abs(errors) / np.maximum(np.abs(values), 1e-9))),
    )


def _distinct_columns(design: Matrix) -> NDArray[np.int64]:
    """Where columns vary that are no multiple of an earlier one, up to a constant."""
    centred = design - design.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    varying = np.flatnonzero(lengths > 1e-9 * np.maximum(1, np.abs(design).max(axis=0)))
    unit = centred[:, varying] / lengths[varying]
    alike = np.abs(unit.T @ unit) > 1 - 1e-9
    first = alike.argmax(axis=0) == np.arange(len(varying))
    distinct: NDArray[np.int64] = varying[first]
    return distinct
