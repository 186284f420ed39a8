"""One latency with its spread and where it comes from."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray


class Provenance(StrEnum):
    """How a latency came about; only the first two may be quoted as a device's latency."""

    MEASURED = "measured"
    FITTED = "fitted"
    EMULATED = "emulated"
    SIMULATED = "simulated"
    ESTIMATED = "estimated"
    IMPORTED = "imported"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ValueError(f"provenance is {value!r}, none of {', '.join(cls)}")

    @property
    def label(self) -> str:
        """What must stand beside such a latency; empty if it may be quoted as the device's."""
        return "" if self in (self.MEASURED, self.FITTED) else f" ({self})"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Latency of one inference, in milliseconds.

    ``median_ms`` is the median of the single runs; over several rounds, the median of the lower
    quartiles of undisturbed visits, which on a quiet machine is a per cent or two less.
    ``mad_ms`` is the median absolute deviation of the single runs from their median.
    ``half_interval`` is half the width of the median's 95 % confidence interval over rounds, as a
    share of the median; unknown (``None``) after one round. A measurement that is not
    ``settled`` may be off by more than its plan allows and is to be made again.
    """

    median_ms: float
    p90_ms: float
    min_ms: float
    mad_ms: float
    n_runs: int
    provenance: Provenance = Provenance.MEASURED
    n_rounds: int = 1
    half_interval: float | None = None
    settled: bool = True

    def __post_init__(self) -> None:
        ordered = 0 < self.min_ms <= self.median_ms <= self.p90_ms < math.inf
        if not (ordered and self.n_runs >= 1):
            raise ValueError(
                "a latency needs 0 < min_ms <= median_ms <= p90_ms and n_runs >= 1, got "
                f"{self.min_ms}, {self.median_ms}, {self.p90_ms} and {self.n_runs}"
            )
        if self.mad_ms < 0 or (self.half_interval or 0.0) < 0 or self.n_rounds < 1:
            raise ValueError(
                "a latency needs mad_ms >= 0, half_interval >= 0 and n_rounds >= 1, got "
                f"{self.mad_ms}, {self.half_interval} and {self.n_rounds}"
            )


def summarize(runs_ms: NDArray[np.float64], provenance: Provenance) -> Measurement:
    """Median and spread of single runs, ``(n_runs,)`` milliseconds."""
    median = float(np.median(runs_ms))
    return Measurement(
        median_ms=median,
        p90_ms=float(np.quantile(runs_ms, 0.9)),
        min_ms=float(runs_ms.min()),
        mad_ms=float(np.median(np.abs(runs_ms - median))),
        n_runs=len(runs_ms),
        provenance=provenance,
    )
