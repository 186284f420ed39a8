"""How good predicted latencies are, in the words of the field."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats


@dataclass(frozen=True, kw_only=True)
class LatencyScore:
    """Errors are relative to the measurement; shares and errors in per cent.

    ``kendall_tau`` is tau-b; unknown when all predictions or measurements are equal.
    """

    n_networks: int
    mape: float
    rmspe: float
    worst: float
    within_5: float
    within_10: float
    kendall_tau: float | None


def score(predicted_ms: NDArray[np.float64], measured_ms: NDArray[np.float64]) -> LatencyScore:
    """Compare ``(n,)`` predictions with ``(n,)`` measurements.

    Raises:
        ValueError: Different or zero lengths, or a measurement that is not positive.
    """
    if predicted_ms.shape != measured_ms.shape or predicted_ms.size == 0:
        raise ValueError(f"shapes {predicted_ms.shape} and {measured_ms.shape} do not pair up")
    if not (measured_ms > 0).all():
        raise ValueError("measured latencies must be positive")
    errors = 100 * np.abs(predicted_ms - measured_ms) / measured_ms
    tau = np.nan
    if predicted_ms.size > 1:
        tau = float(stats.kendalltau(predicted_ms, measured_ms).statistic)
    return LatencyScore(
        n_networks=predicted_ms.size,
        mape=float(errors.mean()),
        rmspe=float(np.sqrt((errors**2).mean())),
        worst=float(errors.max()),
        within_5=float(100 * (errors <= 5).mean()),
        within_10=float(100 * (errors <= 10).mean()),
        kendall_tau=None if np.isnan(tau) else tau,
    )
