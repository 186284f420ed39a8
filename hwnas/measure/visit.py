"""One look at a model among many, and what several of them say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from hwnas.measure.measurement import Measurement, Provenance
from hwnas.measure.plan import RoundsPlan

CONFIDENCE = 0.95
QUIET_SHARE = 0.25
"""The share of the time in which the machine is taken to be quiet."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a few runs of a model took; ``reference_ms`` is what the reference took beside them."""

    median_ms: float
    p90_ms: float
    min_ms: float
    mad_ms: float
    n_runs: int
    reference_ms: float


Visits = Sequence[Visit]


def quiet_reference(visits: Iterable[Visit]) -> float:
    """What the reference takes when the machine is quiet, in milliseconds; 0 before any visit."""
    readings = [visit.reference_ms for visit in visits]
    return float(np.quantile(readings, QUIET_SHARE)) if readings else 0.0


def undisturbed(visits: Visits, quiet_ms: float, plan: RoundsPlan) -> list[Visit]:
    """The visits beside which the reference was as fast as on the quiet machine."""
    return [visit for visit in visits if visit.reference_ms <= quiet_ms * (1 + plan.disturbance)]


def believed(visits: Visits, quiet_ms: float, plan: RoundsPlan) -> bool:
    """Whether enough undisturbed visits agree on a median."""
    kept = undisturbed(visits, quiet_ms, plan)
    return len(kept) >= plan.min_rounds and half_interval(_medians(kept)) <= plan.tolerance


def half_interval(medians_ms: NDArray[np.float64]) -> float:
    """Half the 95 % confidence interval of the median of ``(n,)`` medians, as a share of it.

    From order statistics, which suppose nothing of the noise; below six values that interval is
    wider than the values, and their whole range is taken.
    """
    ordered = np.sort(medians_ms)
    rank = max(1, int(binom.ppf((1 - CONFIDENCE) / 2, len(ordered), 0.5)))
    return float((ordered[-rank] - ordered[rank - 1]) / 2 / np.median(ordered))


def summary(
    visits: Visits, quiet_ms: float, plan: RoundsPlan, provenance: Provenance
) -> Measurement:
    """The undisturbed visits as one measurement; all of them where every one was disturbed."""
    kept = undisturbed(visits, quiet_ms, plan) or list(visits)
    medians_ms = _medians(kept)
    median_ms = float(np.median(medians_ms))
    return Measurement(
        median_ms=median_ms,
        p90_ms=max(median_ms, float(np.median([visit.p90_ms for visit in kept]))),
        min_ms=min(visit.min_ms for visit in kept),
        mad_ms=float(np.median([visit.mad_ms for visit in kept])),
        n_runs=sum(visit.n_runs for visit in kept),
        provenance=provenance,
        n_rounds=len(kept),
        half_interval=half_interval(medians_ms),
        settled=believed(visits, quiet_ms, plan),
    )


def _medians(visits: Visits) -> NDArray[np.float64]:
    return np.array([visit.median_ms for visit in visits])
