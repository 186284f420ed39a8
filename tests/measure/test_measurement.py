"""Plans and measurements refuse what cannot be, and summarize what was seen."""

import numpy as np
import pytest

from hwnas.measure import Measurement, MeasurePlan, Provenance, Stopwatch, summarize


def test_a_summary_has_median_spread_and_count() -> None:
    runs_ms = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    found = summarize(runs_ms, Provenance.MEASURED)
    assert (found.median_ms, found.min_ms, found.mad_ms, found.n_runs) == (3.0, 1.0, 1.0, 5)
    assert found.p90_ms == pytest.approx(7.6)


@pytest.mark.parametrize(
    "wrong",
    [{"median_ms": 0.5}, {"min_ms": 0.0}, {"p90_ms": 0.9}, {"n_runs": 0}, {"mad_ms": -1.0}],
)
def test_an_impossible_measurement_is_refused(wrong: dict[str, float]) -> None:
    right = {"median_ms": 1.0, "min_ms": 1.0, "p90_ms": 1.0, "mad_ms": 0.0, "n_runs": 3}
    with pytest.raises(ValueError, match="got"):
        Measurement(**(right | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"min_runs": 2}, {"warmup_runs": 0}, {"min_s": 30.0}])
def test_an_impossible_plan_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got warmup_runs="):
        MeasurePlan(**wrong)  # type: ignore[arg-type]


def test_a_stopwatch_counts_also_when_the_phase_raises() -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.running():
        raise KeyError
    assert watch.seconds > 0
