"""Interrupted anywhere, the same search goes on and ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hwnas
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import RunError
from hwnas.measure import BLOCK_ROUNDS, MeasurePlan, RoundsPlan
from hwnas.pipeline.choose import Chooser
from hwnas.profile.wanted import N_NETWORKS
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.table import Journal, table_path
from hwnas.train import Finetuner, FinetuneSettings, SupernetSettings, SupernetTrainer

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
N_ROWS = 15 + N_NETWORKS
N_VISITS = N_ROWS * BLOCK_ROUNDS.min_rounds
HERE = fingerprint("simulated 1")
N_NETWORKS_TIMED = 4

BASELINE = """
stem_channels = 8
stem_stride = 2
head_channels = 8
[[stages]]
widths = [8]
max_depth = 1
kernel_sizes = [3]
expansions = [2]
"""

Search = Callable[..., SearchResult]
UseEngine = Callable[..., None]


def outcome(result: SearchResult) -> dict[str, Any]:
    """All of a result but times and places."""
    read: dict[str, Any] = json.loads((Path(result.out) / "result.json").read_text())
    others = {"seconds", "images_per_second", "out"}
    return {key: read[key] for key in read.keys() - others}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network to train beside the one that is searched, small enough for a test."""
    path = tmp_path_factory.mktemp("baseline") / "tiny.toml"
    path.write_text(BASELINE)
    return str(path)


def search_into(out: Path, baseline: str, on_progress: Callable[[Progress], None]) -> SearchResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hwnas.pipeline.baselines.PRESETS", ())
        patch.setattr("hwnas.pipeline.choose.N_CANDIDATES", N_NETWORKS_TIMED)
        return hwnas.search(
            "1ms",
            device=SIMULATED,
            space=SMALL_SPACE,
            supernet=SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=2),
            finetune=FinetuneSettings(epochs=2),
            baselines=(baseline,),
            out=out,
            on_progress=on_progress,
        )


@pytest.fixture
def search(tmp_path: Path, baseline: str) -> Search:
    def call(on_progress: Callable[[Progress], None] = lambda _: None) -> SearchResult:
        return search_into(tmp_path / "run", baseline, on_progress)

    return call


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, baseline: str) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        return outcome(search_into(folder / "run", baseline, lambda _: None))


@pytest.fixture
def epochs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every epoch that is trained: who trained it and its number."""
    trained: list[tuple[str, int]] = []
    for trainer in (SupernetTrainer, Finetuner):
        original = trainer._train_epoch

        def counted(
            self: Any,  # noqa: ANN401
            epoch: int,
            *rest: Any,  # noqa: ANN401
            original: Callable[..., Any] = original,
        ) -> Any:  # noqa: ANN401
            trained.append((type(self).__name__, epoch))
            return original(self, epoch, *rest)

        monkeypatch.setattr(trainer, "_train_epoch", counted)
    return trained


def interrupt_at(phase: str, number: int) -> Callable[[Progress], None]:
    """Interrupts at the ``number``th news of a phase."""
    left = [number]

    def on_progress(progress: Progress) -> None:
        if progress.phase.split()[0] == phase:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

    return on_progress


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        ("profile", 6),
        ("search", 9),
        ("choose", 2),
        pytest.param("choose", 4, marks=pytest.mark.slow),
        ("finetune", 1),
        ("train", 1),
        ("baselines", 1),
    ],
)
def test_an_interrupted_search_ends_as_an_uninterrupted_one(
    search: Search,
    uninterrupted: dict[str, Any],
    epochs: list[tuple[str, int]],
    tmp_path: Path,
    phase: str,
    number: int,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at(phase, number))
    assert not (tmp_path / "run").exists()
    assert outcome(search()) == uninterrupted
    n_trained_twice = len(epochs) - len(set(epochs)) - 2  # both networks are fine-tuned
    assert n_trained_twice <= 0


@pytest.mark.slow
def test_a_search_interrupted_again_and_again_ends_too(
    search: Search, uninterrupted: dict[str, Any]
) -> None:
    for phase in ("profile", "search", "search", "search", "choose", "finetune", "finetune"):
        with pytest.raises(KeyboardInterrupt):
            search(interrupt_at(phase, 1))
    assert outcome(search()) == uninterrupted


@pytest.mark.parametrize(("trainer", "epoch"), [(SupernetTrainer, 5), (Finetuner, 1)])
def test_an_epoch_that_is_cut_short_is_the_only_one_trained_twice(
    search: Search,
    uninterrupted: dict[str, Any],
    epochs: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    trainer: type[Any],
    epoch: int,
) -> None:
    counted = trainer._train_epoch

    def cut_short(self: Any, number: int, *rest: Any) -> Any:  # noqa: ANN401
        n_images = counted(self, number, *rest)
        if number == epoch:
            raise KeyboardInterrupt
        return n_images

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "_train_epoch", cut_short)
        with pytest.raises(KeyboardInterrupt):
            search()
    assert outcome(search()) == uninterrupted
    both_fine_tunings = [("Finetuner", 0), ("Finetuner", 1)]
    twice = [seen for seen in epochs if epochs.count(seen) > 1 + (seen in both_fine_tunings)]
    assert set(twice) == {(trainer.__name__, epoch)}


def test_a_choice_once_taken_is_not_taken_anew(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at("finetune", 1))
    monkeypatch.setattr(Chooser, "_time", lambda *_: pytest.fail("timed again"))
    assert len(search().measured_networks) == N_NETWORKS_TIMED


def test_a_choice_that_is_damaged_is_taken_anew(
    search: Search, uninterrupted: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at("finetune", 1))
    (kept,) = tmp_path.glob(".run*/chooser.json")
    kept.write_text(kept.read_text()[:100])
    assert outcome(search()) == uninterrupted


def test_the_seconds_of_all_sittings_add_up(search: Search, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at("finetune", 1))
    result = search()
    events = map(json.loads, (tmp_path / "run/log.jsonl").read_text().splitlines())
    spent = [e["seconds"] for e in events if e["event"] == "phase" and e["name"] == "search"]
    assert len(spent) == 2
    assert result.seconds["search"] == pytest.approx(sum(spent), abs=0.002)


def test_a_resumed_search_says_so_in_its_log(search: Search, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at("search", 5))
    search()
    assert '{"event": "resumed", "epochs_done": 5}' in (tmp_path / "run/log.jsonl").read_text()


def test_another_request_does_not_go_on_with_this_one(tmp_path: Path, search: Search) -> None:
    with pytest.raises(KeyboardInterrupt):
        search(interrupt_at("search", 5))
    with pytest.raises(KeyboardInterrupt):
        hwnas.search(
            *("2ms",),
            device=SIMULATED,
            space=SMALL_SPACE,
            out=tmp_path / "run",
            on_progress=interrupt_at("search", 1),
        )
    assert len(list(tmp_path.glob(".run*.partial"))) == 2


def test_an_edited_space_file_is_another_request(tmp_path: Path) -> None:
    space = tmp_path / "plan.toml"
    for stem_channels in (8, 16):
        text = Path(SMALL_SPACE).read_text()
        space.write_text(text.replace("stem_channels = 8", f"stem_channels = {stem_channels}"))
        with pytest.raises(KeyboardInterrupt):
            hwnas.search(
                "1ms",
                device=SIMULATED,
                space=str(space),
                out=tmp_path / "run",
                supernet=SupernetSettings(epoch_images=64, batch_size=64, warmup_epochs=2),
                on_progress=interrupt_at("search", 1),
            )
    assert len(list(tmp_path.glob(".run*.partial"))) == 2


def test_two_searches_of_one_request_do_not_meet(search: Search, tmp_path: Path) -> None:
    def search_too(progress: Progress) -> None:
        if progress.phase == "search":
            search()

    with pytest.raises(RunError, match="Another search is at work"):
        search(search_too)


# Profiles


@pytest.fixture
def timed(use_engine: UseEngine) -> list[bytes]:
    """The model of every visit, glances at the reference left out; the sixth interrupts once."""
    models: list[bytes] = []

    def note(model: bytes, plan: MeasurePlan | RoundsPlan) -> float:
        if plan.warmup_s == 0:
            return 1.0
        models.append(model)
        if len(models) == 6:
            raise KeyboardInterrupt
        return 1.0

    use_engine(note)
    return models


def profile() -> None:
    hwnas.profile(SIMULATED, space=SMALL_SPACE, data="digits")


def test_an_interrupted_profile_loses_one_visit(timed: list[bytes], simulated: DeviceSpec) -> None:
    with pytest.raises(KeyboardInterrupt):
        profile()
    assert Journal(table_path(simulated, HERE)).path.read_text().count("low_ms") == 5
    profile()
    assert len(timed) == N_VISITS + 1


def test_a_full_table_is_not_timed_again(timed: list[bytes]) -> None:
    with pytest.raises(KeyboardInterrupt):
        profile()
    profile()
    profile()
    assert len(timed) == N_VISITS + 1


# A process that is killed


def started(out: Path, baseline: str) -> subprocess.Popen[bytes]:
    """The same search as ``search_into`` in a process of its own."""
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_resume import search_into;"
        "search_into(Path(sys.argv[2]), sys.argv[3], lambda _: None)"
    )
    here = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", script, here, str(out), baseline], env=os.environ
    )


def test_a_killed_search_goes_on(
    search: Search, uninterrupted: dict[str, Any], baseline: str, tmp_path: Path
) -> None:
    process = started(tmp_path / "run", baseline)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".run*/training.pt")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "run").exists()
    assert outcome(search()) == uninterrupted
    assert '"event": "resumed"' in (tmp_path / "run/log.jsonl").read_text()
