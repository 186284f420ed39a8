"""A search by FOX-NAS from end to end, another budget from it, and its explanation."""

import json
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import hwnas
from hwnas.device import load_device
from hwnas.errors import InvalidInputError, RunError
from hwnas.pipeline.arguments import default_space, space_for
from hwnas.pipeline.exploration import kept_run
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings, SupernetSettings, SupernetTrainer

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
pytestmark = pytest.mark.usefixtures("all_apart")
N_ASKS = 45
SUPERNET = SupernetSettings(
    rule="spos", epochs=3, epoch_images=256, batch_size=64, calibration_images=128
)


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Anneals, all of them."""
    annealing = import_module("hwnas.search.annealing")
    with pytest.MonkeyPatch.context() as patch:
        few = annealing.AnnealingSettings(steps_a_decision=30, n_restarts=4)
        patch.setattr(annealing.anneal, "__defaults__", (few,))
        yield


@pytest.fixture(scope="module")
def found(apart: Path) -> SearchResult:
    return hwnas.search(
        "1ms",
        device=SIMULATED,
        space=SMALL_SPACE,
        strategy="foxnas",
        supernet=SUPERNET,
        queries=N_ASKS,
        finetune=FinetuneSettings(epochs=1),
        out=apart / "run",
    )


def copied(found: SearchResult, folder: Path) -> Path:
    """Its run folder without its weights, to be damaged."""
    run = folder / "damaged"
    run.mkdir()
    for path in Path(found.out).glob("*.json"):
        shutil.copy(path, run)
    return run


def test_the_network_found_is_within_the_budget(found: SearchResult) -> None:
    assert found.strategy == "foxnas" and found.measured_latency_ms <= 1
    latencies = [point.corrected_latency_ms for point in found.front]
    scores = [point.score for point in found.front]
    assert latencies == sorted(latencies) and scores == sorted(scores)


def test_what_it_learned_from_is_kept(found: SearchResult) -> None:
    told = kept_run(Path(found.out)).exploration.told
    assert len({one.architecture for one in told}) == len(told) == N_ASKS
    assert all(0 <= one.accuracies.float32 <= 1 for one in told)


def test_networks_are_asked_in_float_and_as_they_ship(found: SearchResult) -> None:
    told = [one.accuracies for one in kept_run(Path(found.out)).exploration.told]
    assert all(one.int8 is not None and abs(one.float32 - one.int8) < 0.2 for one in told)
    assert any(one.float32 != one.int8 for one in told)
    assert [one.deployed("int8") for one in told] == [one.int8 for one in told]
    assert [one.deployed("float32") for one in told] == [one.float32 for one in told]


def test_another_budget_needs_no_training(
    found: SearchResult, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SupernetTrainer, "_train_epoch", lambda *_: pytest.fail("trained"))
    tighter = hwnas.search(
        "0.028ms",
        device=SIMULATED,
        run=found.out,
        finetune=FinetuneSettings(epochs=1),
        out=apart / "tighter",
    )
    assert tighter.measured_latency_ms <= 0.028 < found.measured_latency_ms


def test_its_choices_are_explained(found: SearchResult, apart: Path) -> None:
    explanation = hwnas.explain(found.out, device=SIMULATED, out=apart / "why")
    assert explanation.accuracy.n_networks == N_ASKS
    assert {effect.name for effect in explanation.effects} >= {"later blocks"}
    deeper = [e for e in explanation.effects if e.name == "later blocks"]
    assert all(effect.ms > 0 for effect in deeper)
    assert explanation.latency.kendall_tau > 0.9
    loss = explanation.int8
    assert loss is not None and loss.mean <= loss.most and len(loss.levers) > 0
    written = json.loads((apart / "why" / "explanation.json").read_text())
    assert written["space"] == found.space and (apart / "why" / "explanation.html").is_file()
    assert all(change.ms < 0 for change in explanation.faster)
    assert all(change.points > 0 for change in explanation.more_accurate)
    assert explanation.expected_low <= explanation.expected_accuracy <= explanation.expected_high
    assert explanation.chance == 10
    assert explanation.float32 is not None and explanation.float32.n_networks == N_ASKS


def test_a_device_without_a_table_is_told_how_to_get_one(found: SearchResult) -> None:
    with pytest.raises(InvalidInputError, match="x86-cpu has no table"):
        hwnas.explain(found.out, device="local")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"supernet": SupernetSettings()}, "Give --supernet spos"),
        ({"space": "darts", "max_height": 2}, "does not limit cells"),
    ],
)
def test_what_annealing_cannot_serve_is_refused(
    options: dict[str, object], why: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=why):
        hwnas.search("1ms", strategy="foxnas", out=tmp_path / "run", **options)  # type: ignore[arg-type]


def test_a_space_too_small_for_a_regression_is_told_before_anything_is_timed(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInputError, match=r"has 1 of the 20 networks .* --strategy ddpnas"):
        hwnas.search(
            "1ms",
            device=SIMULATED,
            strategy="foxnas",
            space="mobilenetv2@0.1",
            out=tmp_path / "run",
        )
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_cannot_be_explained_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="Cannot read"):
        hwnas.explain(tmp_path)


@pytest.mark.parametrize("accuracy", ["abc", float("nan"), 1e300, -5, None])
def test_an_accuracy_that_is_none_is_named(
    found: SearchResult, tmp_path: Path, accuracy: object
) -> None:
    run = copied(found, tmp_path)
    document = json.loads((run / "exploration.json").read_text())
    document["told"][3][1] = accuracy
    (run / "exploration.json").write_text(json.dumps(document))
    with pytest.raises(RunError, match="of network 4 is not between 0 and 1"):
        hwnas.explain(run, device=SIMULATED)
    with pytest.raises(RunError, match="of network 4 is not between 0 and 1"):
        hwnas.search("1ms", device=SIMULATED, run=run, out=tmp_path / "next")


def test_a_strategy_that_there_is_not_is_named(found: SearchResult, tmp_path: Path) -> None:
    run = copied(found, tmp_path)
    document = json.loads((run / "exploration.json").read_text())
    document["strategy"] = "guessing"
    (run / "exploration.json").write_text(json.dumps(document))
    with pytest.raises(RunError, match="it has no strategy 'guessing'"):
        hwnas.explain(run, device=SIMULATED)


@pytest.mark.parametrize("result", [{}, [1], {"device": "local", "threads": "x"}])
def test_a_result_that_tells_no_device_is_named(
    found: SearchResult, tmp_path: Path, result: object
) -> None:
    run = copied(found, tmp_path)
    (run / "result.json").write_text(json.dumps(result))
    with pytest.raises(RunError, match=r"result\.json does not say on which device"):
        hwnas.explain(run)


@pytest.mark.parametrize(
    ("device", "face"), [(SIMULATED, "foxnas-cpu"), ("hexagon-dsp", "foxnas-dsp")]
)
def test_the_device_names_the_face_of_the_space(device: str, face: str) -> None:
    space = default_space("foxnas")
    assert space_for(load_device(device), space, (32, 3, 10), None, lambda _: None).name == face
