"""The published table answers by query, and counts."""

import json
from pathlib import Path

import pytest

from hwnas.accuracy import MacroBenchmark
from hwnas.errors import DataError
from hwnas.space.nasbench_macro import architecture_from_digits

BEST, OTHER = architecture_from_digits("22212220"), architecture_from_digits("00000000")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "macro.json"
    path.write_text(json.dumps({"22212220": {"mean_acc": 93.13}}))
    return path


def test_accuracy_is_a_fraction(table: Path) -> None:
    assert MacroBenchmark(table).accuracy(BEST) == pytest.approx(0.9313)


def test_asking_twice_is_one_query(table: Path) -> None:
    benchmark = MacroBenchmark(table)
    benchmark.accuracy(BEST)
    benchmark.accuracy(BEST)
    assert benchmark.n_queries == 1


def test_a_network_it_does_not_hold_is_named(table: Path) -> None:
    with pytest.raises(DataError, match="no network '00000000'"):
        MacroBenchmark(table).accuracy(OTHER)


@pytest.mark.parametrize("text", ["", "[]", '{"222": {}}', '{"22212220": {"acc": 1}}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match="is not the NAS-Bench-Macro table"):
        MacroBenchmark(tmp_path / "x.json")
