"""The same path with other spaces, images, limits and engines."""

import json
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

import hwnas
from hwnas.errors import NoNetworkFitsError
from hwnas.measure import NETWORK_PLAN, MeasurePlan
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.train import FinetuneSettings, SupernetSettings

TINY_STAGES = """
stem_channels = 8
stem_stride = 1
head_channels = 16

[[stages]]
widths = [8, 16]
max_depth = 2
stride = 2
kernel_sizes = [3, 5]
expansions = [3]
"""


@pytest.fixture
def colour_folder(tmp_path: Path) -> Path:
    """Red and blue noise of 12 pixels, as a folder of images."""
    rng = np.random.default_rng(0)
    for channel, name in ((0, "red"), (2, "blue")):
        for part, n_images in (("train", 40), ("test", 10)):
            folder = tmp_path / "colours" / part / name
            folder.mkdir(parents=True)
            for i in range(n_images):
                pixels = rng.integers(0, 100, (12, 12, 3), dtype=np.uint8)
                pixels[..., channel] += 120
                Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "colours"


def facts(result: SearchResult) -> tuple[object, ...]:
    return (
        result.architecture["choices"],
        result.accuracy_float32,
        result.accuracy_int8,
        result.measured_latency_ms,
        result.front,
    )


def input_shape(model: Path) -> list[int]:
    dims = onnx.load(model).graph.input[0].type.tensor_type.shape.dim
    return [dim.dim_value for dim in dims]


def test_the_same_seed_finds_the_same_network(quick_search, tmp_path: Path) -> None:
    first = quick_search(out=tmp_path / "first")
    second = quick_search(out=tmp_path / "second")
    assert facts(first) == facts(second)


def test_another_seed_trains_another_network(quick_search, tmp_path: Path) -> None:
    first = quick_search(out=tmp_path / "first", seed=1)
    second = quick_search(out=tmp_path / "second", seed=2)
    assert first.front != second.front


def test_a_float_search_writes_no_integers(quick_search, tmp_path: Path) -> None:
    result = quick_search(precision="float32")
    assert result.accuracy_int8 is None
    assert result.measured_latency_ms == result.float32_latency_ms
    assert (tmp_path / "run" / "model.float32.onnx").is_file()
    assert not (tmp_path / "run" / "model.int8.onnx").exists()


def test_parameters_are_limited(quick_search) -> None:
    result = quick_search(max_params="5k")
    assert result.params <= result.max_params == 5000


def test_macs_are_limited_without_a_latency(quick_search) -> None:
    result = quick_search(None, max_macs="300k")
    assert result.macs <= result.max_macs == 300_000
    assert result.latency_budget_ms is None


def test_limits_that_no_network_keeps_end_before_training(quick_search, tmp_path: Path) -> None:
    with pytest.raises(NoNetworkFitsError, match="parameters"):
        quick_search(max_params="10")
    assert os.listdir(tmp_path) == ["tables"]


def test_random_search_takes_the_same_path(quick_search) -> None:
    assert quick_search(strategy="random").strategy == "random"


def test_nasbench_macro_is_searched_at_8_pixels(quick_search) -> None:
    settings = SupernetSettings(epoch_images=16, batch_size=16, warmup_epochs=1)
    result = quick_search("2ms", space="nasbench-macro", supernet=settings)
    assert result.space == "nasbench-macro"
    assert result.measured_latency_ms <= 2
    assert len(result.architecture["choices"]) == 8


def test_a_preset_is_a_space_of_one_network(quick_search) -> None:
    result = quick_search("10ms", space="mobilenetv2@0.1")
    assert result.space == "mobilenetv2@0.1"
    assert len(result.front) == len(result.measured_networks) == 1


@pytest.mark.parametrize("latency", ["1ms", "30us"])
def test_the_resolution_is_chosen_from_those_of_the_space(
    quick_search, tmp_path: Path, latency: str
) -> None:
    space = tmp_path / "resolutions.toml"
    space.write_text("input_sizes = [8, 16]\n" + TINY_STAGES)
    result = quick_search(latency, space=str(space))
    size = int(result.architecture["choices"]["input_size"])
    assert input_shape(tmp_path / "run" / "model.int8.onnx") == [1, 1, size, size]
    assert {p.choices.split(",")[0] for p in result.front} == {"8", "16"}


def test_a_model_at_another_resolution_is_verified_on_resized_images(
    quick_search, simulated_file: str, tmp_path: Path
) -> None:
    space = tmp_path / "large.toml"
    space.write_text("input_sizes = [16]\n" + TINY_STAGES)
    result = quick_search(space=str(space))
    model = tmp_path / "run" / "model.int8.onnx"
    report = hwnas.verify(model, "1ms", device=simulated_file, data="digits")
    assert report.accuracy == result.accuracy_int8


def test_images_are_resized_as_asked(quick_search, tmp_path: Path) -> None:
    quick_search(input_size=10)
    assert input_shape(tmp_path / "run" / "model.int8.onnx") == [1, 1, 10, 10]


def test_squeeze_excitation_and_hard_swish_run_in_integers(quick_search, tmp_path: Path) -> None:
    space = tmp_path / "se.toml"
    space.write_text('se_ratio = 0.25\nactivation = "hard_swish"\n' + TINY_STAGES)
    result = quick_search(space=str(space))
    assert result.accuracy_int8 is not None
    assert not any(name in text for text in result.left_in_float for name in ("Conv", "MatMul"))


def test_a_folder_of_colour_images_is_learned(
    quick_search, colour_folder: Path, tmp_path: Path
) -> None:
    finetune = FinetuneSettings(epochs=4, batch_size=16)
    result = quick_search(data=str(colour_folder), finetune=finetune)
    assert result.accuracy_int8 == 1.0
    assert input_shape(tmp_path / "run" / "model.int8.onnx") == [1, 3, 12, 12]


def test_a_batch_is_timed_as_a_batch(quick_search, tmp_path: Path) -> None:
    result = quick_search(batch=4)
    assert result.batch == 4
    assert input_shape(tmp_path / "run" / "model.int8.onnx") == [4, 1, 8, 8]


def test_baselines_are_trained_when_named(quick_search) -> None:
    result = quick_search(baselines=("mobilenetv2@0.05",))
    (baseline,) = result.baselines
    assert baseline.name == "mobilenetv2@0.05"
    assert 0 < baseline.accuracy_int8 <= 1
    assert 0 < baseline.accuracy_float32 <= 1


def test_slow_networks_still_end_within_the_budget(quick_search, slow_networks: None) -> None:
    result = quick_search("45us")
    assert result.measured_latency_ms <= 0.045
    assert result.measured_latency_ms / result.predicted_latency_ms == pytest.approx(1.3, rel=1e-3)
    assert result.corrected_latency_ms >= 0.999 * result.measured_latency_ms


def test_networks_over_budget_are_shown_as_measured(quick_search, slow_networks: None) -> None:
    result = quick_search("45us")
    ratios = [n.measured_latency_ms / n.predicted_latency_ms for n in result.measured_networks]
    assert ratios == pytest.approx([1.3] * len(ratios), rel=1e-3)


def test_fast_networks_are_used_up_to_the_budget(quick_search, use_engine) -> None:
    use_engine(lambda _, plan: 0.7 if plan == NETWORK_PLAN else 1.0)
    result = quick_search("30us")
    assert any(n.predicted_latency_ms > 0.03 for n in result.measured_networks)
    assert result.measured_latency_ms <= 0.03


class SlowOnceTrained:
    """The first ``n_models`` networks timed after a training are a hundred times slower."""

    def __init__(self, n_models: int) -> None:
        self._left = n_models
        self._armed = False
        self._slow: set[bytes] = set()

    def on_progress(self, progress: Progress) -> None:
        self._armed = progress.phase == "finetune"

    def factor(self, model: bytes, plan: MeasurePlan) -> float:
        if self._armed and self._left:
            self._slow.add(model)
            self._left -= 1
            self._armed = False
        return 100.0 if model in self._slow else 1.0


def test_a_trained_network_over_budget_gives_way_to_another(
    quick_search, use_engine, tmp_path: Path
) -> None:
    engine = SlowOnceTrained(1)
    use_engine(engine.factor)
    result = quick_search(on_progress=engine.on_progress)
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [event["event"] for event in log].count("over budget") == 1
    rejected = max(result.measured_networks, key=lambda network: network.measured_latency_ms)
    assert rejected.choices != ",".join(result.architecture["choices"].values())
    assert result.measured_latency_ms <= 1


def test_three_trained_networks_over_budget_end_the_search(
    quick_search, use_engine, tmp_path: Path
) -> None:
    engine = SlowOnceTrained(3)
    use_engine(engine.factor)
    with pytest.raises(NoNetworkFitsError, match="3 trained networks"):
        quick_search(on_progress=engine.on_progress)
    assert not (tmp_path / "run").exists()


def test_a_budget_below_the_fastest_names_the_fastest(quick_search, tmp_path: Path) -> None:
    with pytest.raises(NoNetworkFitsError, match="the fastest takes 0.02567 ms .simulated."):
        quick_search("10us")
    assert os.listdir(tmp_path) == ["tables"]


def test_an_engine_under_which_nothing_fits_ends_before_training(
    quick_search, use_engine, tmp_path: Path
) -> None:
    use_engine(lambda _, plan: 1000.0 if plan == NETWORK_PLAN else 1.0)
    with pytest.raises(NoNetworkFitsError, match="the fastest takes 25.67 ms"):
        quick_search()
    assert os.listdir(tmp_path) == ["tables"]


def test_an_engine_that_slows_down_during_training_ends_without_a_run(
    quick_search, use_engine, tmp_path: Path
) -> None:
    slow: list[Progress] = []
    use_engine(lambda _, plan: 1000.0 if slow and plan == NETWORK_PLAN else 1.0)
    with pytest.raises(NoNetworkFitsError, match="the fastest takes"):
        quick_search(on_progress=lambda p: slow.append(p) if p.phase == "search" else None)
    assert not (tmp_path / "run").exists()
