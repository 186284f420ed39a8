"""What the networks tried so far say of those not tried: a Gaussian process over options."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.search.pool import Places

MAX_LEARNED_FROM = 160
"""Networks that set the kernel's three numbers; more of them change little and cost their cube."""
SMALLEST_ERROR = 1e-3
"""An accuracy of 1 has no logarithm of its error."""


class Regression:
    """Predicts minus the logarithm of the error rate: near the top it tells networks apart.

    The kernel falls with the number of options in which two networks differ; how fast, and how
    much of an accuracy is noise, is learned by the likelihood. scikit-learn's, in one-hot.
    """

    def __init__(self, n_options: Sequence[int]) -> None:
        self._n_options = tuple(n_options)

    def learned(self, rows: Places, accuracies: NDArray[np.float64]) -> list[float]:
        """The kernel's numbers, by the likelihood of at most ``MAX_LEARNED_FROM`` networks."""
        from sklearn.exceptions import ConvergenceWarning

        rows, accuracies = rows[:MAX_LEARNED_FROM], accuracies[:MAX_LEARNED_FROM]
        process = self._process(None, optimizer="fmin_l_bfgs_b")
        with warnings.catch_warnings():
            # The numbers may lie at the ends of their ranges.
            warnings.simplefilter("ignore", category=ConvergenceWarning)
            process.fit(self._one_hot(rows), _scaled(accuracies)[0])
        kernel: list[float] = process.kernel_.theta.tolist()
        return kernel

    def fit(self, rows: Places, accuracies: NDArray[np.float64], kernel: Sequence[float]) -> None:
        """Take these for what is known."""
        values, self._mean, self._spread = _scaled(accuracies)
        self._fitted = self._process(kernel, optimizer=None)
        self._fitted.fit(self._one_hot(rows), values)

    def expected(self, rows: Places) -> NDArray[np.float64]:
        """Expectation ``(n,)``, in deviations of what is known."""
        expected: NDArray[np.float64] = self._fitted.predict(self._one_hot(rows))
        return expected

    def predict(self, rows: Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation and, at greater cost, deviation, both ``(n,)``."""
        with warnings.catch_warnings():
            # By round-off; scikit-learn puts 0 in their place.
            warnings.filterwarnings("ignore", "Predicted variances smaller than 0")
            expected, deviation = self._fitted.predict(self._one_hot(rows), return_std=True)
        return expected, deviation

    def accuracies(self, expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expectations as shares of images classified right."""
        shares: NDArray[np.float64] = 1 - np.exp(-(expected * self._spread + self._mean))
        return shares

    def _process(self, kernel: Sequence[float] | None, optimizer: str | None) -> Any:  # noqa: ANN401
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

        start = ConstantKernel(1.0, (0.1, 10.0)) * RBF(2.0, (0.8, 8.0)) + WhiteKernel(
            0.05, (1e-3, 1.0)
        )
        if kernel is not None:
            start.theta = np.array(kernel)
        return GaussianProcessRegressor(start, alpha=1e-8, optimizer=optimizer)

    def _one_hot(self, rows: Places) -> NDArray[np.float64]:
        return np.concatenate(
            [np.eye(n)[rows[:, place]] for place, n in enumerate(self._n_options)], axis=1
        )


def _scaled(accuracies: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Logarithms of errors, negated, with mean 0 and deviation 1; and what was taken out."""
    values = -np.log(np.maximum(1 - accuracies, SMALLEST_ERROR))
    mean, spread = float(values.mean()), max(float(values.std()), 1e-9)
    return (values - mean) / spread, mean, spread
