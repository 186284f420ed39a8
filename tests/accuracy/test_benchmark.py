"""A published table answers by query, and counts."""

import json
from pathlib import Path

import pytest

from hwnas.accuracy import AccuracySource, Benchmark, read_benchmark
from hwnas.errors import DataError
from hwnas.space.nasbench201 import architecture_from_string
from hwnas.space.nasbench_macro import architecture_from_digits, digits_of

MACRO = Path(__file__).parents[2].parent / "shared/data/nas-bench-macro_cifar10.json"
CELL = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
OTHER = CELL.replace("3x3", "1x1")


def benchmark(
    folder: Path, columns: dict[str, tuple[str, str]], data: str | None = None
) -> Benchmark:
    first, second = zip(*columns.values(), strict=True)
    lines = [
        ",".join(("arch_str", *columns)),
        ",".join((CELL, *first)),
        ",".join((OTHER, *second)),
    ]
    (folder / "two.csv").write_text("\n".join(lines))
    return Benchmark(read_benchmark(folder / "two.csv"), data)


@pytest.fixture
def two(tmp_path: Path) -> Benchmark:
    return benchmark(
        tmp_path,
        {
            "c10_test_12": ("75", "65"),
            "c10_test_200": ("90", "91"),
            "c10_val_200": ("89", "88"),
            "c10_val_12": ("70", "60"),
        },
    )


def test_the_cheap_accuracy_is_told_and_the_full_one_reported(two: Benchmark) -> None:
    source: AccuracySource = two
    assert source.accuracy(architecture_from_string(CELL)) == pytest.approx(0.7)
    assert two.true_accuracy(architecture_from_string(CELL)) == pytest.approx(0.9)


def test_the_cheapest_validation_and_the_longest_test_are_taken(two: Benchmark) -> None:
    assert (two.columns.cheap, two.columns.full) == ("c10_val_12", "c10_test_200")


def test_different_networks_are_different_queries_of_twelve_epochs(two: Benchmark) -> None:
    assert two.n_queries == two.simulated_cost == 0
    for architecture in (*two.architectures, *two.architectures):
        two.accuracy(architecture)
    assert (two.n_queries, two.simulated_cost) == (2, 24)


def test_the_full_accuracy_is_no_query(two: Benchmark) -> None:
    two.true_accuracy(two.architectures[0])
    assert two.n_queries == 0 and not two.was_asked(two.architectures[0])


def test_a_query_without_an_answer_does_not_count(two: Benchmark) -> None:
    missing = architecture_from_string(CELL.replace("nor_conv_3x3", "none"))
    with pytest.raises(DataError, match="has no accuracy of '"):
        two.accuracy(missing)
    assert two.n_queries == 0


def test_fractions_are_taken_as_fractions(tmp_path: Path) -> None:
    columns = {"x_val_12": ("0.7", "0.6"), "x_test_200": ("0.9", "1.0")}
    source = benchmark(tmp_path, columns)
    assert source.accuracy(source.architectures[0]) == pytest.approx(0.7)


def test_one_of_several_data_sets_is_named(tmp_path: Path) -> None:
    columns = {
        f"{data}_{column}": ("70", "60")
        for data in ("c10", "c100")
        for column in ("val_12", "test_200")
    }
    with pytest.raises(DataError, match=r"of c10, c100, and none of them is named.*#c10"):
        benchmark(tmp_path, columns)
    with pytest.raises(DataError, match="of c10, c100, not of c1"):
        benchmark(tmp_path, columns, "c1")
    assert benchmark(tmp_path, columns, "c100").columns.cheap == "c100_val_12"


@pytest.mark.parametrize("columns", [{"c10_val_12": ("7", "6")}, {"c10_test_200": ("7", "6")}])
def test_both_accuracies_are_needed(tmp_path: Path, columns: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(DataError, match="needs a cheap and a full accuracy"):
        benchmark(tmp_path, columns)


@pytest.mark.parametrize(
    ("names", "cheap", "full"),
    [
        (("x_test_12", "x_test_200"), "x_test_12", "x_test_200"),
        (("x_valid_200", "x_valid_12"), "x_valid_12", "x_valid_200"),
        (("x_val_200", "x_test_200"), "x_val_200", "x_test_200"),
    ],
)
def test_one_split_gives_both_where_the_other_is_missing(
    tmp_path: Path, names: tuple[str, ...], cheap: str, full: str
) -> None:
    columns = benchmark(tmp_path, dict.fromkeys(names, ("7", "6"))).columns
    assert (columns.cheap, columns.full) == (cheap, full)


@pytest.mark.parametrize("wrong", ["-1", "101"])
def test_what_is_no_accuracy_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DataError, match=r"c10_val_12 runs from .* which is no accuracy"):
        benchmark(tmp_path, {"c10_val_12": ("7", wrong), "c10_test_200": ("7", "6")})


@pytest.mark.parametrize("column", ["c10_val_12", "c10_test_200"])
def test_a_network_without_an_accuracy_is_named(tmp_path: Path, column: str) -> None:
    columns = {"c10_val_12": ("7", "6"), "c10_test_200": ("7", "6")} | {column: ("7", "")}
    with pytest.raises(DataError, match=rf"two\.csv line 3: {column} is empty\. Write a number"):
        benchmark(tmp_path, columns)


def test_the_macro_benchmark_tells_its_one_accuracy_and_counts_trainings(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"0" * 8: {"mean_acc": 80.0}, "1" * 8: {"mean_acc": 90}}))
    source = Benchmark(read_benchmark(path))
    zeros = architecture_from_digits("0" * 8)
    assert source.accuracy(zeros) == source.true_accuracy(zeros) == pytest.approx(0.8)
    assert (source.n_queries, source.simulated_cost) == (1, 1)


def test_the_published_best_is_the_best() -> None:
    if not MACRO.exists():
        pytest.skip(f"needs {MACRO.name}")
    source = Benchmark(read_benchmark(MACRO))
    best = max(json.loads(MACRO.read_text()).items(), key=lambda item: item[1]["mean_acc"])
    assert digits_of(max(source.architectures, key=source.accuracy)) == best[0]
    assert min(map(source.accuracy, source.architectures)) > 0.4


@pytest.mark.parametrize("wrong", ["-3", "0"])
def test_a_latency_that_is_not_positive_is_named(tmp_path: Path, wrong: str) -> None:
    columns = {"c10_val_12": ("70", "60"), "c10_test_200": ("90", "91"), "lat_ms_a": ("1", wrong)}
    benchmark(tmp_path, columns)
    with pytest.raises(DataError, match=f"line 3: lat_ms_a is {wrong}, no latency"):
        read_benchmark(tmp_path / "two.csv").latency_column("a")
