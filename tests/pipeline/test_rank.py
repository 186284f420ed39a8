"""A supernet held against a table of accuracies: figures, files, and what is kept."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwnas
from hwnas.errors import DataError, HwnasError, InvalidInputError, RunError, UnknownNameError
from hwnas.pipeline import RankReport
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.space import SPACES, Architecture, space_from_json, space_named
from hwnas.space.nasbench201 import OPTIONS, string_of
from hwnas.train import SupernetSettings, SupernetTrainer

N_SAMPLES = 5
SETTINGS = SupernetSettings(
    rule="spos",
    epochs=2,
    epoch_images=64,
    batch_size=64,
    calibration_images=64,
    validation_images=50,
)

Rank = Callable[..., RankReport]
QuickSearch = Callable[..., SearchResult]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accuracies that nobody measured, for every network of NAS-Bench-Macro."""
    path = tmp_path_factory.mktemp("truth") / "table.json"
    rng = np.random.default_rng(0)
    every = ("".join(digits) for digits in product("012", repeat=8))
    path.write_text(json.dumps({digits: {"mean_acc": rng.uniform(80, 90)} for digits in every}))
    return path


@pytest.fixture
def rank(tmp_path: Path, truth: Path) -> Rank:
    def call(run: Path | None = None, **options: Any) -> RankReport:  # noqa: ANN401
        settings: dict[str, Any] = {
            "truth": truth,
            "samples": N_SAMPLES,
            "supernet": SETTINGS if run is None else None,
            "out": tmp_path / "rank",
        }
        return hwnas.rank(run, **(settings | options))

    return call


@dataclass(frozen=True)
class Cells:
    """A space file of 64 small cells without ``none``, and a table of all 729 with it."""

    space: Path
    truth: Path


@pytest.fixture
def cells(tmp_path: Path) -> Cells:
    space, truth = tmp_path / "cells.toml", tmp_path / "cells.csv"
    space.write_text(
        "family = 'nasbench201'\ncells_a_stage = 1\nchannels = [4, 4, 4]\n"
        "operations = ['skip_connect', 'nor_conv_1x1']\n"
    )
    lines = ["arch_str,c10_val_12,c10_test_200"]
    for number, choices in enumerate(product(OPTIONS[:3], repeat=6)):
        lines.append(f"{string_of(Architecture(choices))},{number / 10},{number / 10}")
    truth.write_text("\n".join(lines))
    return Cells(space, truth)


def interrupt_at(phase: str, done: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if (progress.phase, progress.done) == (phase, done):
            raise KeyboardInterrupt

    return on_progress


def test_a_report_holds_each_network_once_with_both_accuracies(
    rank: Rank, truth: Path, tmp_path: Path
) -> None:
    report = rank()
    table = json.loads(truth.read_text())
    options = {"identity": "0", "k3e3": "1", "k5e6": "2"}
    for network in report.networks:
        digits = "".join(options[choice] for choice in network.choices.split(","))
        assert network.truth == pytest.approx(table[digits]["mean_acc"] / 100)
        assert 0 <= network.expected <= 1
    assert len({network.choices for network in report.networks}) == N_SAMPLES
    assert report.figures.n_networks == N_SAMPLES and report.n_epochs == 2
    names = {path.name for path in (tmp_path / "rank").iterdir()}
    assert names == {"rank.json", "rank.png", "supernet.pt", "log.jsonl"}
    assert json.loads((tmp_path / "rank/rank.json").read_text())["supernet"] == "spos"


def test_a_kept_supernet_says_the_same_again(rank: Rank, tmp_path: Path) -> None:
    first = rank()
    again = rank(tmp_path / "rank", out=tmp_path / "again")
    assert again.networks == first.networks and again.figures == first.figures
    assert again.n_epochs is None and again.supernet == "spos"
    assert first.images_per_second and again.images_per_second is None


@pytest.mark.parametrize(("phase", "done"), [("train", 1), ("score", 2)])
def test_interrupted_it_ends_as_if_nothing_had_happened(
    rank: Rank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str, done: int
) -> None:
    whole = rank(out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        rank(on_progress=interrupt_at(phase, done))
    if phase == "score":
        monkeypatch.setattr(
            SupernetTrainer, "train_by_rule", lambda *_: pytest.fail("trained again")
        )
    assert rank().networks == whole.networks


def test_the_supernet_of_a_search_is_kept_on_request(
    quick_search: QuickSearch, rank: Rank, tmp_path: Path
) -> None:
    result = quick_search(keep_supernet=True)
    assert (Path(result.out) / "supernet.pt").is_file()
    with pytest.raises(DataError, match="holds no networks of space 'small'"):
        rank(Path(result.out))


def refused(error: type[HwnasError], said: str) -> Any:  # noqa: ANN401
    return pytest.raises(error, match=said)


def test_what_cannot_be_ranked_is_refused(rank: Rank, tmp_path: Path) -> None:
    with refused(InvalidInputError, "1 samples cannot be ranked. Give --samples 2"):
        rank(samples=1)
    with refused(InvalidInputError, "'path' is trained by what a strategy asks for"):
        rank(supernet=SupernetSettings())
    with refused(DataError, "Cannot read the benchmark table"):
        rank(truth=tmp_path / "gone.json")
    with refused(RunError, r"holds no supernet\.pt. Name a run of 'hwnas rank'"):
        rank(tmp_path)
    with refused(InvalidInputError, "is trained already, by its own rule"):
        rank(tmp_path, supernet=SETTINGS)
    with refused(UnknownNameError, "No teacher 'mac'; did you mean 'macs'"):
        rank(supernet=SupernetSettings(rule="rd", teacher="mac"))
    assert not (tmp_path / "rank").exists()


def test_a_teacher_that_no_rule_asks_stops_nothing(rank: Rank) -> None:
    assert rank(supernet=replace(SETTINGS, teacher="mac")).n_epochs == 2


def test_a_proxy_may_teach(rank: Rank) -> None:
    settings = replace(SETTINGS, rule="rd", teacher="synflow", epochs=1)
    assert rank(supernet=settings).supernet == "rd"


def test_a_file_that_is_no_supernet_is_refused(rank: Rank, tmp_path: Path) -> None:
    (tmp_path / "supernet.pt").write_bytes(b"weights")
    with refused(RunError, "is damaged"):
        rank(tmp_path)


def test_networks_of_the_table_that_the_space_lacks_are_left_out(rank: Rank, cells: Cells) -> None:
    report = rank(truth=cells.truth, space=str(cells.space), samples=70)
    assert len(report.networks) == 2**6
    assert not any("none" in network.choices for network in report.networks)


def part_of(truth: Path, folder: Path, n_networks: int) -> Path:
    rows = list(json.loads(truth.read_text()).items())[-n_networks:]
    (folder / "part.json").write_text(json.dumps(dict(rows)))
    return folder / "part.json"


def test_a_truth_of_few_networks_is_ranked_on_those(
    rank: Rank, truth: Path, tmp_path: Path
) -> None:
    few = json.loads(part_of(truth, tmp_path, 3).read_text())
    report = rank(truth=tmp_path / "part.json", samples=10**9)
    found = sorted(network.truth for network in report.networks)
    assert found == pytest.approx(sorted(entry["mean_acc"] / 100 for entry in few.values()))


def test_a_truth_of_one_network_stops_before_any_training(
    rank: Rank, truth: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SupernetTrainer, "train_by_rule", lambda *_: pytest.fail("trained"))
    with refused(DataError, "holds one network, which has no rank. Name the complete table."):
        rank(truth=part_of(truth, tmp_path, 1))


def test_one_data_set_of_several_is_named_in_the_truth(rank: Rank, tmp_path: Path) -> None:
    names = ["c10_val_12", "c10_test_200", "c100_val_12", "c100_test_200"]
    cells = [f"|{o}~0|+|none~0|none~1|+|none~0|none~1|{o}~2|" for o in OPTIONS[:3]]
    lines = [f"{cell},{60 + i},{70 + i},{40 + i},{50 + i}" for i, cell in enumerate(cells)]
    (tmp_path / "cells.csv").write_text("\n".join([",".join(["arch_str", *names]), *lines]))
    with refused(DataError, r"and none of them is named\. Name one, as in .*cells\.csv#c10"):
        rank(space="nasbench201", truth=tmp_path / "cells.csv")
    report = rank(space="nasbench201", truth=f"{tmp_path}/cells.csv#c100")
    assert sorted(network.truth for network in report.networks) == [0.5, 0.51, 0.52]


def test_the_supernet_of_a_search_by_path_is_ranked_as_the_search_asked_it(
    quick_search: QuickSearch, rank: Rank, cells: Cells
) -> None:
    result = quick_search(space=str(cells.space), keep_supernet=True)
    report = rank(Path(result.out), truth=cells.truth, samples=70)
    assert (report.supernet, report.n_epochs, report.n_paths) == ("path", None, 1)
    expected = {network.choices: network.expected for network in report.networks}
    assert len(expected) == 2**6
    for network in result.measured_networks:
        assert network.supernet_accuracy == expected[network.choices]


def test_spaces_of_other_tables_are_refused(rank: Rank) -> None:
    with refused(DataError, "holds no networks of space 'nasbench201'"):
        rank(space="nasbench201")


@pytest.mark.parametrize("name", SPACES)
def test_a_space_survives_json(name: str) -> None:
    space = space_named(name, input_size=224, in_channels=3, n_classes=10)
    document = json.loads(json.dumps(dict(space.to_json())))
    assert space_from_json(document, "here") == space
