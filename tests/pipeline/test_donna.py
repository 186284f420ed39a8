"""A search by DONNA from end to end, around a reference of its own and around a user's."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import hwnas
from hwnas.errors import InvalidInputError, RunError
from hwnas.pipeline import donna_settings
from hwnas.pipeline.distilled import is_near_chance, library_folder
from hwnas.pipeline.exploration import kept_run
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings
from hwnas.train import blockwise as blockwise_file

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SPACE = str(TESTS / "spaces" / "small-donna.toml")
N_OPTIONS = 10
pytestmark = pytest.mark.usefixtures("all_apart")
QUICK: dict[str, Any] = {"finetuned": 9, "distil_images": 256, "distil_epochs": 1}


class Own(nn.Module):
    """A user's network for images of digits."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 12, 3, padding=1)
        stages = [
            nn.Sequential(nn.Conv2d(i, o, 3, s, 1), nn.ReLU(), nn.Conv2d(o, o, 3, 1, 1))
            for i, o, s in ((12, 20, 2), (20, 20, 1), (20, 28, 2))
        ]
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(28, 10)

    def forward(self, images: Tensor) -> Tensor:
        """The logits."""
        features = self.stages(self.stem(images))
        logits: Tensor = self.classify(self.pool(features).flatten(1))
        return logits


class Pair(Own):
    """One that answers twice."""

    def forward(self, images: Tensor) -> Tensor:
        """The logits, and the logits."""
        return super().forward(images), 0  # type: ignore[return-value]


@pytest.fixture(scope="module", autouse=True)
def users_module() -> Iterator[None]:
    """What ``--teacher`` may name."""
    module = ModuleType("a_users_network")
    module.make = Own  # type: ignore[attr-defined]
    module.number = lambda: 3  # type: ignore[attr-defined]
    module.pair = Pair  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "a_users_network", module)
        yield


def searched(out: Path, **options: object) -> SearchResult:
    given = {"latency": "1ms", "strategy": "donna", "space": SPACE, "device": SIMULATED}
    settings = {"donna": donna_settings(**QUICK), "finetune": FinetuneSettings(epochs=1)}
    return hwnas.search(**{**given, **settings, **options, "out": out})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(apart: Path) -> SearchResult:
    return searched(apart / "run")


def test_a_network_of_diverse_blocks_is_found(found: SearchResult) -> None:
    assert found.measured_latency_ms <= 1 and found.strategy == "donna"
    latencies = [point.corrected_latency_ms for point in found.front]
    scores = [point.score for point in found.front]
    assert latencies == sorted(latencies) and scores == sorted(scores)


def test_the_front_s_growth_and_blocks_are_told(found: SearchResult) -> None:
    assert len(found.hypervolumes) > 1 and list(found.hypervolumes) == sorted(found.hypervolumes)
    assert (Path(found.out) / "front.png").is_file()
    assert all(point.expected_accuracy == point.score for point in found.front)


def test_how_far_the_predictor_may_be_believed_is_told(found: SearchResult) -> None:
    assert found.predictor is not None and found.predictor.n_networks == QUICK["finetuned"]
    assert found.predictor.tau_low <= found.predictor.kendall_tau <= found.predictor.tau_high


def test_a_front_of_more_objectives_holds_what_two_would_drop(
    found: SearchResult, apart: Path
) -> None:
    more = searched(apart / "more", run=found.out, objectives=["parameters", "memory"], **FROM)
    kept = {(p.corrected_latency_ms, p.score, p.params, p.memory_bytes) for p in more.front}
    assert len(more.front) > len(found.front)
    assert not [one for one in kept for other in kept - {one} if _beats(other, one)]


def _beats(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Latency, score, parameters, memory: no worse in any."""
    pairs = (other[0] - one[0], one[1] - other[1], other[2] - one[2], other[3] - one[3])
    return all(gain >= 0 for gain in pairs)


def test_the_next_search_begins_with_the_front(found: SearchResult) -> None:
    best = kept_run(Path(found.out)).exploration.best
    assert [str(one) for one in best] == [point.choices for point in reversed(found.front)]


def test_qualities_and_fine_tuned_networks_are_kept(found: SearchResult) -> None:
    exploration = kept_run(Path(found.out)).exploration
    assert [len(options) for options in exploration.qualities.values()] == [N_OPTIONS] * 2
    assert len({told.architecture for told in exploration.told}) == QUICK["finetuned"]


def test_another_budget_needs_no_training_but_the_last(
    found: SearchResult, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blockwise_file, "distill", lambda *_, **__: pytest.fail("distilled"))
    cheapest = found.front[0].corrected_latency_ms
    again = searched(apart / "again", latency=f"{1.05 * cheapest:.6f}ms", run=found.out, **FROM)
    assert again.measured_latency_ms <= 1.05 * cheapest


FROM: dict[str, object] = {"strategy": None, "space": None, "donna": None}


def test_a_library_is_made_once(
    found: SearchResult, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = set(library_folder().iterdir())
    monkeypatch.setattr(blockwise_file, "distill", lambda *_, **__: pytest.fail("distilled"))
    same = searched(apart / "same")
    assert set(library_folder().iterdir()) == files
    assert same.front == found.front


def test_damaged_blocks_are_made_again(found: SearchResult, apart: Path) -> None:
    files = sorted(library_folder().glob("[0-9a-f]*.pt"))
    damaged = {path: path.read_bytes() for path in files[:2]}
    for path, content in damaged.items():
        path.write_bytes(content[: len(content) // 2])
    assert searched(apart / "mended").front == found.front
    assert {path: path.read_bytes() for path in damaged} == damaged


def test_the_search_goes_on_where_it_was_stopped(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWNAS_CACHE", str(apart / "other-cache"))
    distill, n_left = blockwise_file.distill, [7]

    def until(*given: object, **named: object) -> object:
        n_left[0] -= 1
        if n_left[0] < 0:
            raise KeyboardInterrupt
        return distill(*given, **named)  # type: ignore[arg-type]

    module = sys.modules["hwnas.pipeline.block_library"]
    monkeypatch.setattr(module, "distill", until)
    with pytest.raises(KeyboardInterrupt):
        searched(apart / "stopped")
    n_left[0] = 2 * N_OPTIONS + 2 - 7  # what is left, and not one more
    searched(apart / "stopped")
    assert n_left == [0]


def test_blocks_of_a_users_network_are_replaced(apart: Path) -> None:
    torch.manual_seed(0)
    weights = apart / "weights.pt"
    torch.save(Own().state_dict(), weights)
    settings = donna_settings(
        teacher="a_users_network:make", teacher_weights=str(weights), **QUICK
    )
    told: list[Progress] = []
    result = searched(apart / "own", donna=settings, on_progress=told.append)
    (shown,) = [one.note for one in told if "blocks begin at" in one.note]
    assert "stages.0 (12 x 8 x 8), stages.2 (20 x 4 x 4), pool (28 x 2 x 2)" in shown
    assert "near chance" in shown
    teacher = result.baselines[-1]
    assert teacher.name == "a_users_network:make"
    assert teacher.params == sum(p.numel() for p in Own().parameters())
    assert teacher.macs > 100_000 and teacher.measured_latency_ms > 0
    assert teacher.accuracy_int8 is not None
    space = result.architecture["space"]
    assert space["stem_channels"] == 12
    assert [b["out_channels"] for b in space["blocks"]] == [20, 28]
    assert [b["stride"] for b in space["blocks"]] == [2, 2]
    assert json.loads((apart / "own" / "result.json").read_text())["strategy"] == "donna"


def test_a_teacher_that_cannot_be_deployed_is_told_and_stops_nothing(
    apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> int:
        raise IndexError("no such input")

    monkeypatch.setattr("hwnas.pipeline.baselines._n_macs", cannot)
    told: list[Progress] = []
    settings = donna_settings(teacher="a_users_network:make", **QUICK)
    result = searched(apart / "odd", donna=settings, on_progress=told.append)
    assert "a_users_network:make" not in {base.name for base in result.baselines}
    assert any("cannot be shown beside it: no such input" in one.note for one in told)


@pytest.mark.parametrize(
    ("accuracy", "n_classes", "is_near"),
    [(0.6, 2, False), (0.54, 2, True), (0.5, 3, False), (0.097, 10, True), (0.15, 10, True)],
)
def test_what_is_near_chance(accuracy: float, n_classes: int, is_near: bool) -> None:
    assert is_near_chance(accuracy, n_classes) == is_near


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"teacher": "nowhere:make"}, "'nowhere:make' makes no network"),
        ({"teacher": "a_users_network"}, "not written as package.module:factory"),
        ({"teacher": "a_users_network:number"}, "makes a int, not a torch.nn.Module"),
        ({"teacher": "a_users_network:make", "cuts": "stages.7,pool"}, "no module 'stages.7'"),
        ({"teacher": "a_users_network:make", "teacher_weights": "no.pt"}, "no weights file no.pt"),
        (
            {"teacher": "a_users_network:pair"},
            "answers one image with a tuple",
        ),
    ],
)
def test_a_teacher_that_is_none_is_refused(
    options: dict[str, Any], why: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=why):
        searched(tmp_path / "run", donna=donna_settings(**options, **QUICK))


@pytest.mark.parametrize(
    ("saved", "why"),
    [
        (lambda own: own, "damaged, or holds more than tensors"),
        (lambda own: {"state_dict": own.state_dict()}, "wrapped, under 'state_dict'"),
        (lambda own: {f"module.{k}": v for k, v in own.state_dict().items()}, "as DataParallel"),
        (lambda own: own.classify.state_dict(), 'Missing key.* "stem.weight"'),
        (lambda own: {k: v * torch.nan for k, v in own.state_dict().items()}, "with nan, .*w.pt"),
    ],
)
def test_weights_that_are_none_are_refused_with_the_reason(
    saved: Callable[[Own], Any], why: str, tmp_path: Path
) -> None:
    torch.save(saved(Own()), tmp_path / "w.pt")
    settings = donna_settings(
        teacher="a_users_network:make", teacher_weights=str(tmp_path / "w.pt")
    )
    with pytest.raises(InvalidInputError, match=why):
        searched(tmp_path / "run", donna=settings)


def test_options_without_a_teacher_or_with_too_few_networks_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="--cuts a,b is of a network that --teacher"):
        donna_settings(cuts="a,b")
    with pytest.raises(InvalidInputError, match="finetuned"):
        donna_settings(finetuned=3)


def test_a_block_that_keeps_its_shape_is_cut_too(apart: Path) -> None:
    alike = Path(SPACE).read_text().replace("out_channels = 16", "out_channels = 8")
    space = apart / "alike.toml"
    space.write_text(alike)
    result = searched(apart / "alike", space=str(space))
    assert len(kept_run(Path(result.out)).exploration.qualities) == 2


def test_its_choices_are_not_explained_by_what_foxnas_is(found: SearchResult) -> None:
    with pytest.raises(RunError, match="donna learns otherwise"):
        hwnas.explain(found.out, device=SIMULATED)


def test_another_space_or_strategy_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="space 'mobilenet' has none"):
        searched(tmp_path / "run", space="mobilenet")
    with pytest.raises(InvalidInputError, match="distils no blocks"):
        searched(tmp_path / "run", strategy="ddpnas")
    with pytest.raises(InvalidInputError, match="distils no blocks"):
        searched(tmp_path / "run", strategy="ddpnas", space="mobilenet", donna=None, ray="auto")
