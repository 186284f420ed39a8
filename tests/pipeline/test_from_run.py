"""One search serves every budget and device: what a run learned is taken over by the next."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hwnas
from hwnas.data import DataSet
from hwnas.errors import DataError, InvalidInputError, NoNetworkFitsError, RunError
from hwnas.pipeline.exploration import EXPLORATION
from hwnas.pipeline.kept_supernet import SUPERNET
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings, SupernetSettings, SupernetTrainer

TESTS = Path(__file__).parents[1]
SIMULATED = TESTS / "devices" / "simulated.toml"
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
SETTINGS = SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=1)
Next = Callable[..., SearchResult]


@pytest.fixture(scope="module", params=[False, True], ids=["scores", "with-supernet"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search, without and with its supernet."""
    folder = tmp_path_factory.mktemp("from")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        hwnas.search(
            "1ms",
            device=str(SIMULATED),
            space=SMALL_SPACE,
            seed=3,
            supernet=SETTINGS,
            finetune=FinetuneSettings(epochs=1),
            keep_supernet=request.param,
            out=folder / "run",
        )
    return folder / "run"


@pytest.fixture(scope="module")
def following(run: Path) -> Iterator[Next]:
    """``following(latency)``: a search from the run, in which no supernet may be trained."""

    def search(latency: str = "1ms", **options: Any) -> SearchResult:  # noqa: ANN401
        settings: dict[str, Any] = {"device": str(SIMULATED), "run": run, "out": run.parent}
        settings["finetune"] = FinetuneSettings(epochs=1)
        return hwnas.search(latency, **(settings | options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(run.parent / "tables"))
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        patch.setattr(SupernetTrainer, "_train_epoch", lambda *_: pytest.fail("trained"))
        yield search


@pytest.fixture(scope="module")
def again(following: Next, run: Path) -> SearchResult:
    """The same budget and device once more, named options and all."""
    same: dict[str, Any] = {"seed": 3, "data": "digits", "space": SMALL_SPACE}
    same["supernet"] = SETTINGS
    return following("1ms", out=run.with_name("again"), **same)


@pytest.fixture(scope="module")
def other(following: Next, again: SearchResult, run: Path) -> SearchResult:
    """Another budget on another device, from a run that was itself taken over."""
    device = run.with_name("other.toml")
    text = SIMULATED.read_text().replace("threads = 1", "threads = 2")
    device.write_text(text.replace("simulated", "other", 1))
    kept = (run / SUPERNET).is_file()
    out = run.with_name("other")
    return following(
        "0.04ms",
        run=again.out if not kept else run,
        device=str(device),
        out=out,
        keep_supernet=kept,
    )


def document(run: Path | str, name: str = "result.json") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(run) / name).read_text())
    return read


def test_another_budget_and_device_are_served_without_training(
    other: SearchResult, run: Path
) -> None:
    assert (other.device, other.latency_budget_ms) == ("other", 0.04)
    assert other.measured_latency_ms <= 0.04 < document(run)["measured_latency_ms"]
    assert {p.name for p in Path(other.out).iterdir()} >= {"model.int8.onnx", "pareto.csv"}


def test_the_result_says_where_it_started(again: SearchResult, run: Path) -> None:
    assert document(again.out)["started_from"] == str(run)
    assert document(run)["started_from"] is None


def test_what_the_run_has_settled_is_the_same(other: SearchResult, run: Path) -> None:
    first, second = document(run), document(other.out)
    same = ("space", "data", "data_source", "data_fingerprint", "seed", "strategy", "supernet")
    assert {key: second[key] for key in same} == {key: first[key] for key in same}


def test_the_scores_are_the_runs_own_and_kept_again(other: SearchResult, run: Path) -> None:
    assert document(other.out, EXPLORATION) == document(run, EXPLORATION)
    first, second = document(run), document(other.out)
    assert [p["score"] for p in second["front"]] == [p["score"] for p in first["front"]]


def test_the_supernet_ranks_where_it_was_kept(again: SearchResult, run: Path) -> None:
    kept = (run / SUPERNET).is_file()
    assert {n.supernet_accuracy is not None for n in again.measured_networks} == {kept}


def test_with_the_supernet_the_same_budget_ends_in_the_same_network(
    again: SearchResult, run: Path
) -> None:
    first, second = document(run), document(again.out)
    if (run / SUPERNET).is_file():  # without, another network may be the best by score alone
        assert second["architecture"] == first["architecture"]
        assert second["accuracy_int8"] == first["accuracy_int8"]
    else:
        best = max(again.front, key=lambda point: point.score)
        assert ",".join(second["architecture"]["choices"].values()) == best.choices


def test_only_a_supernet_that_there_is_can_be_kept(
    other: SearchResult, following: Next, run: Path
) -> None:
    if (run / SUPERNET).is_file():
        assert (Path(other.out) / SUPERNET).is_file()
    else:
        with pytest.raises(RunError, match="did not keep its supernet"):
            following(keep_supernet=True, out=run.with_name("kept"))


def test_interrupted_it_goes_on(following: Next, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.phase == "finetune":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        following(out=tmp_path / "next", on_progress=interrupt)
    notes: list[str] = []
    following(out=tmp_path / "next", on_progress=lambda progress: notes.append(progress.phase))
    assert "resume" in notes and "choose" not in notes


@pytest.mark.parametrize(
    ("option", "value"),
    [("space", "darts"), ("strategy", "random"), ("data", "fashion-mnist"), ("seed", 4)],
)
def test_an_option_that_contradicts_the_run_is_refused(
    following: Next, run: Path, option: str, value: object
) -> None:
    with pytest.raises(InvalidInputError, match=f"--{option} {value} contradicts .*searched with"):
        following(**{option: value}, out=run.with_name("refused"))


def test_a_budget_that_nothing_keeps_is_refused_as_in_any_search(
    following: Next, tmp_path: Path
) -> None:
    with pytest.raises(NoNetworkFitsError, match="the fastest takes"):
        following("0.0001ms", out=tmp_path / "next")


def test_other_images_are_refused(
    following: Next, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataSet, "fingerprint", property(lambda _: "of others"))
    with pytest.raises(DataError, match="images of digits are not those"):
        following(out=tmp_path / "next")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("{", "it is no JSON from line 1"),
        ("[]", "no JSON object"),
        ('{"format": "hwnas-exploration/9"}', "is not what this version of hwnas reads"),
        ('{"format": "hwnas-exploration/1"}', "is not what this version of hwnas reads"),
    ],
)
def test_a_folder_without_an_exploration_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / EXPLORATION).write_text(content)
    with pytest.raises(RunError, match=message):
        hwnas.search("1ms", run=tmp_path, device=str(SIMULATED))


def test_the_supernet_of_another_search_is_refused(
    following: Next, run: Path, tmp_path: Path
) -> None:
    if not (run / SUPERNET).is_file():
        pytest.skip("this run keeps no supernet")
    other = tmp_path / "other"
    shutil.copytree(run, other)
    damaged = document(other, EXPLORATION)
    damaged["origin"]["settings"]["momentum"] = 0.5
    (other / EXPLORATION).write_text(json.dumps(damaged))
    with pytest.raises(RunError, match="holds a supernet of another search"):
        following(run=other, out=tmp_path / "next")


def test_a_score_that_is_missing_is_noticed(run: Path, tmp_path: Path) -> None:
    damaged = document(run, EXPLORATION)
    damaged["scores"].popitem()
    (tmp_path / EXPLORATION).write_text(json.dumps(damaged))
    with pytest.raises(RunError, match="is not what this version of hwnas reads"):
        hwnas.search("1ms", run=tmp_path, device=str(SIMULATED))
