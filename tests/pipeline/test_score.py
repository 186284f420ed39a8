import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import hwnas
from hwnas.errors import InvalidInputError, RunError, UnknownNameError
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


def choices(**options: object) -> list[str]:
    return [network.choices for network in score(**options).networks]  # type: ignore[arg-type]


def test_the_simulated_device_is_predicted_to_a_thousandth() -> None:
    assert score().figures.worst < 0.1


def test_the_simulated_device_is_ranked_without_fault() -> None:
    assert score().figures.kendall_tau == pytest.approx(1.0)


def test_the_figures_come_from_the_pairs() -> None:
    found = score()
    predicted = np.array([network.predicted_ms for network in found.networks])
    measured = np.array([network.measured_ms for network in found.networks])
    mape = 100 * np.abs(predicted / measured - 1).mean()
    assert found.figures.mape == pytest.approx(mape)
    assert found.figures.n_networks == len(predicted) == 6


def test_slow_networks_show_in_the_figures(slow_networks: None) -> None:
    assert score().figures.mape == pytest.approx(100 * (1 - 1 / 1.3), rel=1e-2)


def test_the_same_seed_draws_the_same_networks() -> None:
    assert choices(seed=3) == choices(seed=3)


def test_another_seed_draws_other_networks() -> None:
    assert choices(seed=3) != choices(seed=4)


def test_a_machine_that_slowed_down_is_told(slow_networks: None) -> None:
    assert score().drift == pytest.approx(1.3, rel=1e-4)


def test_a_machine_that_did_not_change_is_told() -> None:
    assert score().drift == pytest.approx(1.0, rel=1e-4)


def test_a_measurement_without_noise_orders_networks_as_it_does_itself() -> None:
    assert score().repeat_tau == pytest.approx(1.0)


def test_progress_reaches_the_end() -> None:
    seen: list[Progress] = []
    score(samples=2, on_progress=seen.append)
    assert [(p.done, p.total) for p in seen if p.phase == "build"][-3:] == [(0, 2), (1, 2), (2, 2)]
    last = [p for p in seen if p.phase == "score"][-1]
    assert last.done == last.total > 0


def test_no_network_is_drawn_twice() -> None:
    drawn = choices(samples=12)
    assert len(set(drawn)) == len(drawn) == 12


def test_what_is_kept_can_be_timed_by_anyone(tmp_path: Path) -> None:
    found = score(samples=3, keep=tmp_path / "kept")
    kept = json.loads((tmp_path / "kept" / "score.json").read_text())
    assert kept["networks"] == [asdict(network) for network in found.networks]
    for network in found.networks:
        verified = hwnas.verify(tmp_path / "kept" / network.file, device=SIMULATED)
        assert verified.measured.median_ms == pytest.approx(network.measured_ms)
    assert (tmp_path / "kept" / "scatter.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_holds_files_is_not_written_over(tmp_path: Path) -> None:
    score(keep=tmp_path / "kept")
    before = (tmp_path / "kept" / "score.json").read_bytes()
    with pytest.raises(RunError, match="kept holds files already"):
        score(samples=2, keep=tmp_path / "kept")
    assert (tmp_path / "kept" / "score.json").read_bytes() == before


def test_nothing_is_written_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert {network.file for network in score(samples=2).networks} == {""}
    assert not list((tmp_path / "empty").iterdir())


def test_one_sample_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Give --samples 2 or more"):
        score(samples=1)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="No precision 'int4'"):
        score(precision="int4")
