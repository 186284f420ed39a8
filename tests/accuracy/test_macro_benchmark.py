"""The published table answers by query, and counts."""

import json
from pathlib import Path

import numpy as np
import pytest

from hwnas.accuracy import AccuracySource, MacroBenchmark
from hwnas.errors import DataError
from hwnas.space import random_architecture
from hwnas.space.nasbench_macro import NasbenchMacroSpace, architecture_from_digits, digits_of

PUBLISHED = Path(__file__).parents[2].parent / "shared/data/nas-bench-macro_cifar10.json"


@pytest.fixture(scope="module")
def published() -> MacroBenchmark:
    if not PUBLISHED.exists():
        pytest.skip(f"needs {PUBLISHED.name}")
    return MacroBenchmark(PUBLISHED)


@pytest.fixture
def two(tmp_path: Path) -> MacroBenchmark:
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"0" * 8: {"mean_acc": 80.0}, "1" * 8: {"mean_acc": 90}}))
    return MacroBenchmark(path)


def test_all_networks_of_the_space_are_published(published: MacroBenchmark) -> None:
    assert len(published.architectures) == 3**8
    drawn = random_architecture(NasbenchMacroSpace(), np.random.default_rng(0))
    assert drawn in published.architectures


def test_every_published_accuracy_is_a_share(published: MacroBenchmark) -> None:
    accuracies = [published.accuracy(architecture) for architecture in published.architectures]
    assert 0.4 < min(accuracies) < max(accuracies) < 0.95


def test_the_published_best_is_the_best(published: MacroBenchmark) -> None:
    best = max(json.loads(PUBLISHED.read_text()).items(), key=lambda item: item[1]["mean_acc"])
    found = max(published.architectures, key=published.accuracy)
    assert digits_of(found) == best[0]


def test_accuracy_is_a_fraction(two: MacroBenchmark) -> None:
    assert two.accuracy(architecture_from_digits("0" * 8)) == pytest.approx(0.8)


def test_nothing_was_asked_at_first(two: MacroBenchmark) -> None:
    assert two.n_queries == 0 and len(two.architectures) == 2


def test_different_networks_are_different_queries(two: MacroBenchmark) -> None:
    source: AccuracySource = two
    for architecture in (*two.architectures, *two.architectures):
        source.accuracy(architecture)
    assert two.n_queries == 2


def test_a_query_without_an_answer_does_not_count(two: MacroBenchmark) -> None:
    with pytest.raises(DataError, match="no network '22222222'"):
        two.accuracy(architecture_from_digits("2" * 8))
    assert two.n_queries == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.json is not the NAS-Bench-Macro table"):
        MacroBenchmark(tmp_path / "gone.json")


@pytest.mark.parametrize("entry", [{"mean_acc": "high"}, {"mean_acc": None}, None, 93.1, [93.1]])
def test_an_entry_without_an_accuracy_is_refused(tmp_path: Path, entry: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"0" * 8: entry}))
    with pytest.raises(DataError, match="is not the NAS-Bench-Macro table"):
        MacroBenchmark(path)


@pytest.mark.parametrize("digits", ["0000000", "000000003", "0000000x", "00000003", ""])
def test_an_unknown_encoding_is_refused(tmp_path: Path, digits: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({digits: {"mean_acc": 90.0}}))
    with pytest.raises(DataError, match="is not the NAS-Bench-Macro table"):
        MacroBenchmark(path)


@pytest.mark.parametrize("text", ["", "[]", '{"222": {}}', '{"22212220": {"acc": 1}}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match="is not the NAS-Bench-Macro table"):
        MacroBenchmark(tmp_path / "x.json")
