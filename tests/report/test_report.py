"""Results as a table and a picture."""

from dataclasses import replace

import pytest

from hwnas.measure import Measurement
from hwnas.report import (
    Baseline,
    FrontPoint,
    MeasuredNetwork,
    SearchResult,
    front_csv,
    picture,
)

POINT = FrontPoint(
    predicted_latency_ms=0.5,
    score=1.5,
    params=10,
    macs=20,
    supernet_accuracy=None,
    choices="k3e3,skip",
)
RESULT = SearchResult(
    device="x86-cpu",
    engine="onnxruntime 1",
    provenance="measured",
    strategy="ddpnas",
    space="mobilenet",
    seed=0,
    data="digits",
    data_source="digits",
    data_fingerprint="0",
    precision="int8",
    threads=1,
    batch=1,
    latency_budget_ms=1.0,
    max_params=None,
    max_macs=None,
    predicted_latency_ms=0.9,
    corrected_latency_ms=0.95,
    measured_latency_ms=0.95,
    measured_latency_spread=Measurement(
        median_ms=0.95, p90_ms=1.0, min_ms=0.9, mad_ms=0.01, n_runs=100
    ),
    float32_latency_ms=1.5,
    accuracy_float32=0.92,
    accuracy_int8=0.91,
    params=10,
    macs=20,
    model_bytes=30,
    float32_bytes=60,
    left_in_float=(),
    export_difference=0.0,
    architecture={},
    front=(POINT, replace(POINT, predicted_latency_ms=0.8, supernet_accuracy=0.9)),
    measured_networks=(
        MeasuredNetwork(
            choices="x", predicted_latency_ms=0.9, measured_latency_ms=0.95, supernet_accuracy=0.9
        ),
    ),
    baselines=(
        Baseline(
            name="mobilenetv2",
            params=1,
            macs=1,
            measured_latency_ms=2.0,
            accuracy_float32=None,
            accuracy_int8=None,
        ),
        Baseline(
            name="mobilenetv2@0.5",
            params=1,
            macs=1,
            measured_latency_ms=1.2,
            accuracy_float32=0.9,
            accuracy_int8=0.89,
        ),
    ),
    seconds={},
    versions={},
    out="runs/x",
)


def test_the_front_is_a_line_a_network_with_choices_in_one_cell() -> None:
    header, first, second = front_csv(RESULT.front).splitlines()
    assert header == "predicted_latency_ms,score,params,macs,supernet_accuracy,choices"
    assert first == "0.5,1.5,10,20,,k3e3;skip"
    assert second == "0.8,1.5,10,20,0.9,k3e3;skip"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"provenance": "simulated"},
        {"latency_budget_ms": None},
        {"accuracy_int8": None, "precision": "float32"},
        {"baselines": (), "front": (), "measured_networks": ()},
    ],
)
def test_the_picture_is_a_png_whatever_is_known(change: dict[str, object]) -> None:
    assert picture(replace(RESULT, **change)).startswith(b"\x89PNG")  # type: ignore[arg-type]
