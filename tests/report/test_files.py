"""``pareto.csv`` reads back, and ``pareto.png`` tells simulated numbers from measured ones."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hwnas.measure import Measurement, Provenance
from hwnas.report import (
    Baseline,
    FrontPoint,
    MeasuredNetwork,
    SearchResult,
    front_csv,
    front_picture,
    picture,
)
from hwnas.report.picture import conditions

FRONT = tuple(
    FrontPoint(
        corrected_latency_ms=0.1 * n,
        score=n / 3,
        params=1000 * n,
        macs=10_000 * n,
        supernet_accuracy=0.8 if n % 2 else None,
        choices="8,k3e3,skip",
    )
    for n in range(1, 6)
)
BASELINE = Baseline(
    name="mobilenetv2",
    params=1,
    macs=1,
    measured_latency_ms=0.9,
    provenance=Provenance.MEASURED,
    accuracy_float32=0.95,
    accuracy_int8=None,
)
CHOSEN = MeasuredNetwork(
    choices="8,k3e3,skip",
    predicted_latency_ms=0.5,
    measured_latency_ms=0.55,
    supernet_accuracy=0.8,
)
SLOWER = replace(CHOSEN, predicted_latency_ms=0.55, measured_latency_ms=0.7)
RESULT = SearchResult(
    device="x86-cpu",
    engine="onnxruntime 1",
    provenance=Provenance.MEASURED,
    strategy="ddpnas",
    space="mobilenet",
    seed=0,
    data="digits",
    data_source="digits",
    skip_bad=False,
    data_fingerprint="0",
    precision="int8",
    threads=1,
    batch=1,
    latency_budget_ms=0.6,
    max_params=None,
    max_macs=None,
    n_blocks=4,
    n_estimated_blocks=0,
    max_memory_bytes=None,
    max_file_bytes=None,
    predicted_latency_ms=0.5,
    corrected_latency_ms=0.52,
    measured_latency_ms=0.55,
    measured_latency_spread=Measurement(
        median_ms=0.55, p90_ms=0.6, min_ms=0.5, mad_ms=0.01, n_runs=100
    ),
    float32_latency_ms=1.0,
    accuracy_float32=0.97,
    accuracy_int8=0.96,
    params=5000,
    macs=50_000,
    predicted_memory_bytes=2000,
    memory_bytes=2048,
    predicted_model_bytes=6100,
    model_bytes=9000,
    float32_bytes=20_000,
    left_in_float=(),
    export_difference=1e-6,
    architecture={},
    front=FRONT,
    measured_networks=(CHOSEN, SLOWER),
    baselines=(BASELINE,),
    seconds={},
    versions={},
    out="runs/x",
)


def pixels(result: SearchResult) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture(result))).convert("RGB"))


@pytest.fixture(scope="module")
def drawn() -> NDArray[np.uint8]:
    return pixels(RESULT)


def test_the_front_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(front_csv(FRONT))))
    assert [float(row["corrected_latency_ms"]) for row in rows] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [row["supernet_accuracy"] for row in rows] == ["0.8", "", "0.8", "", "0.8"]
    assert {row["choices"] for row in rows} == {"8;k3e3;skip"}


def test_latencies_and_scores_are_rounded_to_six_places() -> None:
    row = front_csv(FRONT).splitlines()[1]
    assert row == "0.1,0.333333,1000,10000,0.8,,,,8;k3e3;skip"


def test_each_other_device_has_a_column_of_latencies() -> None:
    point = replace(FRONT[0], other_latencies_ms=(3.5,))
    row = next(csv.DictReader(io.StringIO(front_csv([point], ["board"]))))
    assert float(row["corrected_latency_ms_board"]) == 3.5


def test_an_evolved_front_is_drawn_with_its_blocks() -> None:
    front = tuple(
        replace(point, expected_accuracy=0.8, choices="mbconv-k3,fused-d2") for point in FRONT
    )
    drawn = front_picture(replace(RESULT, front=front, hypervolumes=(0.2, 0.5, 0.6)))
    assert len(np.unique(np.asarray(Image.open(io.BytesIO(drawn))).reshape(-1, 4), axis=0)) > 100


def test_an_empty_front_is_a_header() -> None:
    assert len(front_csv([]).splitlines()) == 1


def test_the_picture_is_wide_and_not_blank(drawn: NDArray[np.uint8]) -> None:
    assert drawn.shape[1] > 1000 > drawn.shape[0] > 300
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 100


def test_the_same_result_is_the_same_picture(drawn: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(pixels(RESULT), drawn)


@pytest.mark.parametrize(
    "change",
    [
        {"latency_budget_ms": None},
        {"provenance": Provenance.SIMULATED},
        {"accuracy_int8": None},
        {"measured_latency_ms": 0.58},
        {"predicted_latency_ms": 0.45},
        {"measured_networks": (CHOSEN,)},
        {"baselines": ()},
        {"baselines": (replace(BASELINE, accuracy_float32=None),)},
        {"front": FRONT[:2]},
        {"device": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_differs_is_seen(drawn: NDArray[np.uint8], change: dict[str, object]) -> None:
    other = pixels(replace(RESULT, **change))  # type: ignore[arg-type]
    assert not np.array_equal(other, drawn)


@pytest.mark.parametrize(
    ("provenance", "label"),
    [
        ("measured", "int8, 2 threads"),
        ("fitted", "int8, 2 threads"),
        ("simulated", "int8, 2 threads (SIMULATED)"),
        ("emulated", "int8, 2 threads (EMULATED)"),
        ("estimated", "int8, 2 threads (ESTIMATED)"),
    ],
)
def test_what_may_not_be_quoted_is_labelled(provenance: str, label: str) -> None:
    assert conditions(replace(RESULT, provenance=Provenance(provenance), threads=2)) == label


def test_one_thread_has_no_plural() -> None:
    assert conditions(RESULT) == "int8, 1 thread"


@pytest.mark.parametrize(
    "change",
    [
        {"latency_budget_ms": None},
        {"accuracy_int8": None, "precision": "float32"},
        {"baselines": (), "front": (), "measured_networks": ()},
    ],
)
def test_the_picture_is_drawn_whatever_is_known(change: dict[str, object]) -> None:
    assert picture(replace(RESULT, **change)).startswith(b"\x89PNG")  # type: ignore[arg-type]


def test_a_slower_int8_is_noted() -> None:
    (note,) = replace(RESULT, latency_budget_ms=0.4, float32_latency_ms=0.1).notes
    assert note.startswith("In float32 the same network takes 0.1 ms")


def test_a_budget_that_excluded_nothing_is_noted_where_no_other_limit_did() -> None:
    wide = replace(RESULT, latency_budget_ms=9.0, float32_latency_ms=9.0)
    (note,) = wide.notes
    assert note.startswith("The front of mobilenet ends at 0.5")
    assert "so the budget of 9 ms limited nothing" in note
    assert replace(wide, max_params=5).notes == replace(wide, latency_budget_ms=0.4).notes == []
