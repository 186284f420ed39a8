"""The least-squares problem behind fitted costs: its weights, its prior, and how sure it is.

With ``X`` networks by columns (``part_columns``), ``w`` the inverse latencies and ``K`` the
prior's covariance, costs are

    argmin_{c >= 0}  sum_i ((X c - y)_i w_i)^2 + noise^2 c^T K^-1 c .

How strong the prior is (``Regularization``) is chosen by the errors of networks left out one by
one, which for least squares need no second fit (Allen 1974).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from hwnas.latency.part_columns import Likely, Matrix, PartColumns, Vector

FEWEST_TO_CHOOSE = 30
"""Networks from which on the regularization is chosen by leaving one out."""
LEAST_WEIGHED = 0.2
"""Of the median latency: what is faster weighs no more than this, for its error is the clock's."""
CONSTANT = 0.5
"""How much of a mean latency the constant of all networks is thought to be, about."""
CONFIDENCE = 0.98
"""How surely a network is no slower than its safe latency; a search finds those that were
predicted too fast, so that of its networks fewer are.
"""
JITTER = 1e-9


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """How strong the prior is; see ``PartColumns.prior``. ``noise`` is a measurement's error."""

    deviation: float = 0.3
    likeness: float = 1.0
    noise: float = 0.02


FEW_NETWORKS = Regularization()
"""For fewer than ``FEWEST_TO_CHOOSE``: weighed on NAS-Bench-201's devices
(benchmarks/latency/README.md).
"""
GRID = tuple(
    Regularization(deviation=deviation, likeness=likeness, noise=noise)
    for deviation, likeness, noise in itertools.product(
        (0.03, 0.1, 0.3, 1.0, 3.0), (0.3, 1.0, 3.0), (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
    )
)


class FitProblem:
    """Networks by columns, the constant of all networks in front, and their latencies."""

    def __init__(
        self,
        columns: PartColumns,
        rows: Matrix,
        latencies_ms: Vector,
        likely: Sequence[Likely],
    ) -> None:
        if not len(rows) or not (latencies_ms > 0).all():
            raise ValueError(
                f"{len(rows)} networks with latencies {latencies_ms} cannot be fitted"
            )
        self._columns = columns
        self._rows = rows
        self._likely = likely
        self._mean_ms = float(latencies_ms.mean())
        self._least_ms = LEAST_WEIGHED * float(np.median(latencies_ms))
        self._weights = 1 / np.maximum(latencies_ms, self._least_ms)
        self._wanted = latencies_ms * self._weights

    @cached_property
    def best_regularization(self) -> Regularization:
        """The one whose fits predict the networks they left out best."""
        if len(self._rows) < FEWEST_TO_CHOOSE:
            return FEW_NETWORKS
        return min(GRID, key=lambda r: float(np.square(self._left_out(r)).mean()))

    def costs(self, regularization: Regularization) -> Vector:
        """``(1 + n_columns,)`` milliseconds, none negative."""
        factor = self._factor(regularization)
        inverse = solve_triangular(factor, np.eye(len(factor)), lower=True)
        system = np.vstack([self._weighed_rows, regularization.noise * inverse])
        wanted = np.concatenate([self._wanted, np.zeros(len(factor))])
        orthogonal, triangle = np.linalg.qr(system)
        costs: Vector = nnls(triangle, orthogonal.T @ wanted, maxiter=50 * len(factor))[0]
        return costs

    def deviations(
        self, rows: Matrix, predicted_ms: Vector, regularization: Regularization
    ) -> Vector:
        """One standard deviation of each network's latency from the predicted, ``(n,)`` ms."""
        values, vectors = self._spectrum(regularization)
        noise = regularization.noise
        projected = rows @ self._factor(regularization) @ vectors
        unsure = np.square(projected / np.sqrt(values + noise**2)).sum(1) * noise**2
        scale_ms = np.maximum(predicted_ms, self._least_ms)
        deviations: Vector = np.sqrt(unsure + np.square(noise * scale_ms))
        return deviations

    def weighed_factor(self, regularization: Regularization) -> Matrix:
        """``Z`` with ``Z Z^T`` the networks' covariance before any of them was measured."""
        return self._weighed_rows @ self._factor(regularization)

    @cached_property
    def _weighed_rows(self) -> Matrix:
        return with_constant(self._rows) * self._weights[:, None]

    def _factor(self, regularization: Regularization) -> Matrix:
        """The prior covariance's lower Cholesky factor, in milliseconds."""
        key = (regularization.deviation, regularization.likeness)
        if key not in self._factors:
            prior = self._columns.prior(
                self._rows,
                deviation=regularization.deviation,
                likeness=regularization.likeness,
                likely=self._likely,
            )
            covariance = np.zeros((len(prior) + 1, len(prior) + 1))
            covariance[0, 0] = CONSTANT**2
            covariance[1:, 1:] = prior
            scale = np.diag(covariance).mean()
            covariance += JITTER * scale * np.eye(len(covariance))
            self._factors[key] = self._mean_ms * cholesky(covariance, lower=True)
        return self._factors[key]

    @cached_property
    def _factors(self) -> dict[tuple[float, float], Matrix]:
        return {}

    @cached_property
    def _spectra(self) -> dict[tuple[float, float], tuple[Vector, Matrix]]:
        return {}

    def _spectrum(self, regularization: Regularization) -> tuple[Vector, Matrix]:
        """Eigenvalues and vectors of ``Z^T Z``."""
        key = (regularization.deviation, regularization.likeness)
        if key not in self._spectra:
            weighed = self.weighed_factor(regularization)
            values, vectors = np.linalg.eigh(weighed.T @ weighed)
            self._spectra[key] = (values.clip(0), vectors)
        return self._spectra[key]

    def _left_out(self, regularization: Regularization) -> Vector:
        """Relative errors ``(n_networks,)`` of each by the fit without it."""
        errors, leverages = self._errors(regularization)
        return errors / (1 - leverages)

    def safety(self, regularization: Regularization) -> float:
        """How many of their own deviations networks may be slower than predicted.

        Of many networks, what those left out were (the jackknife+ of Barber et al. 2021 without
        its sorting); of few, Student's quantile, for their own spread if that is wider.
        """
        errors, leverages = self._errors(regularization)
        off = errors / (regularization.noise * np.sqrt(1 - leverages))
        if len(off) >= FEWEST_TO_CHOOSE:
            return max(0.0, float(np.quantile(off, CONFIDENCE, method="higher")))
        spread = max(1.0, float(np.sqrt(np.square(off).mean())))
        return spread * float(stats.t.ppf(CONFIDENCE, max(1, len(off) - 1)))

    def _errors(self, regularization: Regularization) -> tuple[Vector, Vector]:
        values, vectors = self._spectrum(regularization)
        projected = self.weighed_factor(regularization) @ vectors
        shrunk = projected / (values + regularization.noise**2)
        fitted = shrunk @ (projected.T @ self._wanted)
        leverages = (shrunk * projected).sum(axis=1).clip(max=1 - 1e-9)
        return self._wanted - fitted, leverages


def with_constant(rows: Matrix) -> Matrix:
    """The column in front that every network has once."""
    return np.hstack([np.ones((len(rows), 1)), rows])
