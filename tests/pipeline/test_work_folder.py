from collections.abc import Callable
from pathlib import Path

import pytest

from hwnas.errors import NoNetworkFitsError, RunError
from hwnas.measure import NETWORK_PLAN
from hwnas.pipeline.work_folder import WorkFolder
from hwnas.progress import Progress, silent


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path / "run", "key", silent)


def test_it_lies_hidden_beside_the_run_folder(work: WorkFolder, tmp_path: Path) -> None:
    assert work.path == tmp_path / ".run.key.partial"


def test_a_decision_is_recalled(work: WorkFolder) -> None:
    work.remember("chosen", {"network": "k3e3,skip"})
    assert work.recall("chosen") == {"network": "k3e3,skip"}


def test_a_decision_taken_back_is_nothing(work: WorkFolder) -> None:
    work.remember("chosen", {"network": "k3e3"})
    work.forget("chosen")
    assert work.recall("chosen") is None


def test_the_seconds_of_a_phase_add_up(work: WorkFolder) -> None:
    for seconds in (1.0, 0.5):
        work.log("phase", name="search", seconds=seconds)
    assert work.seconds() == {"search": 1.5}


@pytest.mark.parametrize("torn", ['{"event": "phase", "na', '{"event": "phase", "na\n'])
def test_a_torn_line_of_the_log_is_passed_over(work: WorkFolder, torn: str) -> None:
    (work.path / "log.jsonl").write_text(torn)
    work.log("phase", name="search", seconds=1.0)
    assert work.seconds() == {"search": 1.0}


def test_an_interrupted_phase_is_logged(work: WorkFolder) -> None:
    with pytest.raises(KeyboardInterrupt), work.phase("search"):
        raise KeyboardInterrupt
    assert work.seconds().keys() == {"search"}


def test_publishing_leaves_the_run_folder_only(work: WorkFolder, tmp_path: Path) -> None:
    work.log("phase", name="search", seconds=1.0)
    work.publish({"result.json": b"{}"})
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"result.json", "log.jsonl"}


def test_a_publication_cut_short_is_published_anew(work: WorkFolder, tmp_path: Path) -> None:
    work.log("phase", name="search", seconds=1.0)
    (work.path / "finished").mkdir()
    (work.path / "finished" / "half").write_bytes(b"")
    work.publish({"result.json": b"{}"})
    assert not (tmp_path / "run" / "half").exists()


def test_a_run_folder_that_appeared_meanwhile_is_kept(work: WorkFolder, tmp_path: Path) -> None:
    work.log("phase", name="search", seconds=1.0)
    (tmp_path / "run").mkdir()
    with pytest.raises(RunError, match="exists already"):
        work.publish({"result.json": b"{}"})
    assert (work.path / "finished" / "result.json").is_file()


def test_a_hopeless_request_leaves_nothing(work: WorkFolder, tmp_path: Path) -> None:
    with pytest.raises(NoNetworkFitsError), work.discarded_if_hopeless():
        raise NoNetworkFitsError
    assert not list(tmp_path.iterdir())


def test_a_busy_device_does_not_cost_what_was_trained(
    quick_search: Callable[..., object], use_engine: Callable[..., None], tmp_path: Path
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.phase == "choose":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick_search(on_progress=interrupt)
    use_engine(lambda _, plan: 1000.0 if plan == NETWORK_PLAN else 1.0)
    with pytest.raises(NoNetworkFitsError):
        quick_search()
    assert list(tmp_path.glob(".run*/training.pt"))


def test_an_interrupted_run_is_said_to_go_on(tmp_path: Path) -> None:
    heard: list[Progress] = []
    WorkFolder(tmp_path / "run", "key", heard.append).log("phase", name="search", seconds=1.0)
    assert heard == []
    WorkFolder(tmp_path / "run", "key", heard.append)
    assert heard[0].note == f"Going on with the interrupted run in {tmp_path}/.run.key.partial"
