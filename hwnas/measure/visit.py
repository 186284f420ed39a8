"""One look at a model among many, and what several of them say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from hwnas.measure.measurement import Measurement, Provenance
from hwnas.measure.plan import RoundsPlan

CONFIDENCE = 0.95
QUIET_SHARE = 0.1
"""The share of the time in which the machine is taken to be quiet, at least."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a few runs of a model took, and the reference beside them.

    ``low_ms`` is the lower quartile of the runs: other work only ever adds time, and comes and
    goes within a visit. ``reference_ms`` is the faster of the two looks before and after.
    """

    low_ms: float
    p90_ms: float
    min_ms: float
    mad_ms: float
    n_runs: int
    reference_ms: float


Visits = Sequence[Visit]


def low_ms(runs_ms: NDArray[np.float64]) -> float:
    """What single runs, ``(n_runs,)`` milliseconds, take while others are at rest."""
    return float(np.quantile(runs_ms, 0.25))


def quiet_reference(visits: Iterable[Visit]) -> float:
    """What the reference takes when the machine is quiet, in milliseconds; 0 before any visit."""
    return _quiet([visit.reference_ms for visit in visits])


def undisturbed(visits: Visits, quiet_ms: float, plan: RoundsPlan) -> list[Visit]:
    """The visits that were as fast as on the quiet machine, the model and the reference both.

    The reference tells a machine that was slow at every visit; the model itself tells work that
    came and went between two looks at the reference.
    """
    slack = 1 + plan.disturbance
    quiet = [visit for visit in visits if visit.reference_ms <= quiet_ms * slack]
    own_ms = _quiet([visit.low_ms for visit in quiet])
    return [visit for visit in quiet if visit.low_ms <= own_ms * slack]


def believed(visits: Visits, quiet_ms: float, plan: RoundsPlan) -> bool:
    """Whether enough undisturbed visits agree on a median."""
    if len(visits) < plan.min_rounds:
        return False
    kept = undisturbed(visits, quiet_ms, plan)
    return len(kept) >= plan.min_rounds and half_interval(_lows(kept)) <= plan.tolerance


def half_interval(values_ms: NDArray[np.float64]) -> float:
    """Half the 95 % confidence interval of the median of ``(n,)`` values, as a share of it.

    From order statistics, which suppose nothing of the noise; below six values that interval is
    wider than the values, and their whole range is taken.
    """
    ordered = np.sort(values_ms)
    rank = max(1, int(binom.ppf((1 - CONFIDENCE) / 2, len(ordered), 0.5)))
    return float((ordered[-rank] - ordered[rank - 1]) / 2 / np.median(ordered))


def summary(
    visits: Visits, quiet_ms: float, plan: RoundsPlan, provenance: Provenance
) -> Measurement:
    """The undisturbed visits as one measurement; all of them where every one was disturbed."""
    kept = undisturbed(visits, quiet_ms, plan) or list(visits)
    lows_ms = _lows(kept)
    median_ms = float(np.median(lows_ms))
    return Measurement(
        median_ms=median_ms,
        p90_ms=max(median_ms, float(np.median([visit.p90_ms for visit in kept]))),
        min_ms=min(visit.min_ms for visit in kept),
        mad_ms=float(np.median([visit.mad_ms for visit in kept])),
        n_runs=sum(visit.n_runs for visit in kept),
        provenance=provenance,
        n_rounds=len(kept),
        half_interval=half_interval(lows_ms),
        settled=believed(visits, quiet_ms, plan),
    )


def halves_ms(visits: Visits, quiet_ms: float, plan: RoundsPlan) -> tuple[float, float]:
    """Two latencies of one model in milliseconds, each from every other undisturbed visit.

    Raises:
        ValueError: Fewer than two visits.
    """
    kept = undisturbed(visits, quiet_ms, plan)
    lows_ms = _lows(kept if len(kept) > 1 else visits)
    if len(lows_ms) < 2:
        raise ValueError(f"halves need two visits, got {len(lows_ms)}")
    return float(np.median(lows_ms[::2])), float(np.median(lows_ms[1::2]))


def _lows(visits: Visits) -> NDArray[np.float64]:
    return np.array([visit.low_ms for visit in visits])


def _quiet(values_ms: list[float]) -> float:
    return float(np.quantile(values_ms, QUIET_SHARE)) if values_ms else 0.0
