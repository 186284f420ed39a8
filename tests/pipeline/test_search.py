"""The main job from end to end, on a device whose clock is arithmetic."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import shape_inference

import hwnas
from hwnas.cli.app import run as run_command
from hwnas.data import load_digits
from hwnas.network import build
from hwnas.report import SearchResult
from hwnas.space import architecture_from_json, blocks_of
from hwnas.train import FinetuneSettings, SupernetSettings

TESTS = Path(__file__).parents[1]
SIMULATED = str(TESTS / "devices" / "simulated.toml")
SMALL_SPACE = str(TESTS / "spaces" / "small.toml")
BUDGET_MS = 0.045

PROMISED = """
    device provenance strategy space seed data precision threads batch latency_budget_ms
    predicted_latency_ms measured_latency_ms measured_latency_spread accuracy_float32
    accuracy_int8 params macs model_bytes seconds versions
"""
"""What issue 3 says ``result.json`` holds at least."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """One search on the digits, long enough to learn something."""
    folder = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWNAS_TABLES", str(folder / "tables"))
        return hwnas.search(
            f"{BUDGET_MS}ms",
            device=SIMULATED,
            space=SMALL_SPACE,
            supernet=SupernetSettings(epoch_images=512, warmup_epochs=2),
            finetune=FinetuneSettings(epochs=3),
            out=folder / "run",
        )


@pytest.fixture(scope="module")
def run_folder(result: SearchResult) -> Path:
    return Path(result.out)


@pytest.fixture(scope="module")
def document(run_folder: Path) -> dict[str, Any]:
    """``result.json``, as it lies there."""
    read: dict[str, Any] = json.loads((run_folder / "result.json").read_text())
    return read


def card_of(path: Path) -> dict[str, Any]:
    (entry,) = [p for p in onnx.load(path).metadata_props if p.key == "hwnas"]
    card: dict[str, Any] = json.loads(entry.value)
    return card


def logits_of(path: Path) -> NDArray[np.float32]:
    """The digits' test images through ONNX Runtime, prepared as the file's own metadata say."""
    how = card_of(path)["preprocessing"]
    scaled = load_digits(how["input_size"]).test.images.astype(np.float32)
    scaled *= np.float32(how["scale"])
    ready = (scaled - np.float32(how["mean"])) / np.float32(how["std"])
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    images = ready.transpose(0, 3, 1, 2)
    return np.concatenate([session.run(None, {name: image[None]})[0] for image in images])


def accuracy_of(path: Path) -> float:
    right = logits_of(path).argmax(1) == load_digits().test.labels
    return float(right.mean())


def front_rows(run_folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run_folder / "pareto.csv").read_text().splitlines()))


# The folder


def test_the_run_folder_holds_exactly_what_is_promised(run_folder: Path) -> None:
    assert {path.name for path in run_folder.iterdir()} == {
        *("model.int8.onnx", "model.float32.onnx", "architecture.json", "result.json"),
        *("pareto.csv", "pareto.png", "log.jsonl", "exploration.json"),
    }


def test_the_work_folder_is_gone(run_folder: Path) -> None:
    assert {path.name for path in run_folder.parent.iterdir()} == {"run", "tables"}


def test_the_result_holds_every_promised_figure(document: dict[str, Any]) -> None:
    assert set(PROMISED.split()) <= set(document)
    assert None not in [document[name] for name in PROMISED.split()]


def test_the_result_says_what_was_asked_for(document: dict[str, Any]) -> None:
    asked = {"device": "simulated", "strategy": "ddpnas", "space": "small", "seed": 0}
    asked |= {"data": "digits", "precision": "int8", "threads": 1, "batch": 1}
    assert {key: document[key] for key in asked} == asked
    assert document["latency_budget_ms"] == BUDGET_MS


def test_a_simulated_latency_says_so(document: dict[str, Any]) -> None:
    assert document["provenance"] == "simulated"
    assert document["measured_latency_spread"]["provenance"] == "simulated"


def test_the_seconds_of_every_phase_are_kept(document: dict[str, Any]) -> None:
    phases = {"profile", "search", "choose", "finetune", "front", "baselines", "verify"}
    assert set(document["seconds"]) == phases
    assert document["images_per_second"] > 0


def test_the_picture_is_one(run_folder: Path) -> None:
    assert (run_folder / "pareto.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_every_line_of_the_log_is_json(run_folder: Path) -> None:
    lines = (run_folder / "log.jsonl").read_text().splitlines()
    assert {json.loads(line)["event"] for line in lines} >= {"phase", "asked", "candidate"}


def test_the_published_networks_are_timed(document: dict[str, Any]) -> None:
    timed = {base["name"]: base["measured_latency_ms"] for base in document["baselines"]}
    assert set(timed) == {"mobilenetv2", "efficientnet-lite0"}
    assert min(timed.values()) > BUDGET_MS


# The model


def test_the_model_keeps_the_budget(document: dict[str, Any]) -> None:
    assert document["measured_latency_ms"] <= BUDGET_MS


def test_the_int8_accuracy_is_that_of_the_file(run_folder: Path, document: dict[str, Any]) -> None:
    assert accuracy_of(run_folder / "model.int8.onnx") == document["accuracy_int8"]


def test_the_float32_accuracy_is_that_of_the_file(
    run_folder: Path, document: dict[str, Any]
) -> None:
    assert accuracy_of(run_folder / "model.float32.onnx") == document["accuracy_float32"]


def test_something_was_learned(document: dict[str, Any]) -> None:
    assert document["accuracy_int8"] > 0.4  # a guess is right once in ten


def test_the_model_is_as_large_as_it_says(run_folder: Path, document: dict[str, Any]) -> None:
    assert (run_folder / "model.int8.onnx").stat().st_size == document["model_bytes"]


def test_the_parameters_are_those_torch_counts(run_folder: Path, document: dict[str, Any]) -> None:
    written = json.loads((run_folder / "architecture.json").read_text())
    network = build(blocks_of(*architecture_from_json(written, "architecture.json")))
    assert sum(p.numel() for p in network.parameters()) == document["params"]


def test_the_macs_are_those_of_the_graph(run_folder: Path, document: dict[str, Any]) -> None:
    graph = shape_inference.infer_shapes(onnx.load(run_folder / "model.float32.onnx")).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.value_info, *graph.output):
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    macs = sum(
        np.prod(shapes[node.output[0]]) * np.prod(shapes[node.input[1]][1:])
        for node in graph.node
        if node.op_type in ("Conv", "Gemm")
    )
    assert macs == document["macs"]


def test_the_model_carries_device_budget_and_latency(
    run_folder: Path, document: dict[str, Any]
) -> None:
    card = card_of(run_folder / "model.int8.onnx")
    assert (card["device"], card["latency_budget_ms"]) == ("simulated", BUDGET_MS)
    assert card["measured_latency_ms"] == document["measured_latency_ms"]
    assert (card["provenance"], card["precision"]) == ("simulated", "int8")


def test_the_model_carries_its_preprocessing(run_folder: Path) -> None:
    digits = load_digits()
    how = card_of(run_folder / "model.int8.onnx")["preprocessing"]
    assert how == {
        "mean": list(digits.mean),
        "std": list(digits.std),
        "scale": 1 / 255,
        "input_size": 8,
        "layout": "NCHW",
        "channel_order": "L",
    }


def test_the_model_carries_its_classes(run_folder: Path) -> None:
    assert card_of(run_folder / "model.int8.onnx")["class_names"] == list("0123456789")


def test_the_float_model_claims_no_latency(run_folder: Path) -> None:
    card = card_of(run_folder / "model.float32.onnx")
    assert (card["precision"], card["measured_latency_ms"]) == ("float32", None)


def test_the_architecture_is_that_of_the_model(run_folder: Path) -> None:
    written = json.loads((run_folder / "architecture.json").read_text())
    assert card_of(run_folder / "model.int8.onnx")["architecture"] == written


# The front


def test_the_front_climbs(run_folder: Path) -> None:
    rows = front_rows(run_folder)
    latencies = [float(row["corrected_latency_ms"]) for row in rows]
    scores = [float(row["score"]) for row in rows]
    assert len(rows) > 3
    assert latencies == sorted(latencies)
    assert scores == sorted(scores)


def test_the_front_is_the_same_in_both_files(run_folder: Path, document: dict[str, Any]) -> None:
    rows = front_rows(run_folder)
    assert [row["choices"].replace(";", ",") for row in rows] == [
        point["choices"] for point in document["front"]
    ]


# What can be done with the folder


def test_the_model_verifies(run_folder: Path, document: dict[str, Any]) -> None:
    promises = ("--latency", f"{BUDGET_MS}ms", "--data", "digits")
    accuracy = ("--min-accuracy", str(document["accuracy_int8"]))
    model = str(run_folder / "model.int8.onnx")
    assert run_command(["verify", model, "--device", SIMULATED, *promises, *accuracy, "-q"]) == 0


def test_the_run_exports_the_model_it_holds(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.onnx"
    report = hwnas.export(run_folder, out, device=SIMULATED, precision="int8")
    assert report.trained
    np.testing.assert_array_equal(logits_of(out), logits_of(run_folder / "model.int8.onnx"))


def test_the_run_exports_as_float32(run_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "float32.onnx"
    hwnas.export(run_folder, out, device=SIMULATED, precision="float32")
    np.testing.assert_array_equal(logits_of(out), logits_of(run_folder / "model.float32.onnx"))


def test_an_exported_run_calibrated_anew_is_about_as_accurate(
    run_folder: Path, tmp_path: Path, document: dict[str, Any]
) -> None:
    out = tmp_path / "percentile.onnx"
    hwnas.export(run_folder, out, device=SIMULATED, calibration="percentile")
    assert accuracy_of(out) == pytest.approx(document["accuracy_float32"], abs=0.1)


def test_an_architecture_exports_untrained_and_as_fast(
    run_folder: Path, tmp_path: Path, document: dict[str, Any]
) -> None:
    out = tmp_path / "untrained.onnx"
    report = hwnas.export(run_folder / "architecture.json", out, device=SIMULATED)
    timed = hwnas.verify(out, device=SIMULATED).measured
    assert not report.trained
    assert timed.median_ms == pytest.approx(document["measured_latency_ms"])


def test_another_batch_of_a_run_is_refused(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(hwnas.HwnasError, match="has batch 1, 4 was asked for"):
        hwnas.export(run_folder, tmp_path / "batch.onnx", device=SIMULATED, batch=4)
