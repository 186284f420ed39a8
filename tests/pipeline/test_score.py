from pathlib import Path

import numpy as np
import pytest

import hwnas
from hwnas.errors import InvalidInputError, UnknownNameError
from hwnas.pipeline import TableScore
from hwnas.progress import Progress

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")


def score(samples: int = 6, **options: object) -> TableScore:
    return hwnas.score_table(
        SIMULATED,
        space=SMALL_SPACE,
        data="digits",
        samples=samples,
        **options,  # type: ignore[arg-type]
    )


def test_the_simulated_device_is_predicted_to_a_thousandth() -> None:
    assert score().figures.worst < 0.1


def test_the_simulated_device_is_ranked_without_fault() -> None:
    assert score().figures.kendall_tau == pytest.approx(1.0)


def test_the_figures_come_from_the_pairs() -> None:
    found = score()
    predicted, measured = np.array(found.predicted_ms), np.array(found.measured_ms)
    mape = 100 * np.abs(predicted / measured - 1).mean()
    assert found.figures.mape == pytest.approx(mape)
    assert found.figures.n_networks == len(found.choices) == len(predicted) == 6


def test_slow_networks_show_in_the_figures(slow_networks: None) -> None:
    assert score().figures.mape == pytest.approx(100 * (1 - 1 / 1.3), rel=1e-2)


def test_the_same_seed_draws_the_same_networks() -> None:
    assert score(seed=3).choices == score(seed=3).choices


def test_another_seed_draws_other_networks() -> None:
    assert score(seed=3).choices != score(seed=4).choices


def test_progress_reaches_the_end() -> None:
    seen: list[Progress] = []
    score(samples=2, on_progress=seen.append)
    assert [(p.done, p.total) for p in seen if p.phase == "score"] == [(0, 2), (1, 2), (2, 2)]


def test_one_sample_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Give --samples 2 or more"):
        score(samples=1)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="No precision 'int4'"):
        score(precision="int4")
