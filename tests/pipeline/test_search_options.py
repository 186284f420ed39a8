"""What each option of a search changes in its result."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

import hwnas
from hwnas.report import SearchResult
from hwnas.train import SupernetSettings

TESTS = Path(__file__).parents[1]
QuickSearch = Callable[..., SearchResult]

PLAN = """
stem_channels = 8
stem_stride = 1
head_channels = 16
{options}
[[stages]]
widths = [8]
max_depth = 2
kernel_sizes = [3]
expansions = [3]
"""


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[str], str]:
    """A space of two networks (for each resolution), with further options."""

    def write(options: str) -> str:
        path = tmp_path / "plan.toml"
        path.write_text(PLAN.format(options=options))
        return str(path)

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Red and blue noise in colour, a few of each."""
    rng = np.random.default_rng(0)
    for name, channel in (("red", 0), ("blue", 2)):
        folder = tmp_path / "photos" / "train" / name
        folder.mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(0, 100, (12, 12, 3), dtype=np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "photos"


def files_of(result: SearchResult) -> set[str]:
    return {path.name for path in Path(result.out).iterdir()}


def input_shape(result: SearchResult) -> list[int]:
    graph = onnx.load(Path(result.out) / "model.int8.onnx").graph
    return [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]


def outcome(result: SearchResult) -> tuple[object, ...]:
    """All that the same request must give again."""
    accuracies = (result.accuracy_float32, result.accuracy_int8)
    networks = [
        (network.choices, network.supernet_accuracy) for network in result.measured_networks
    ]
    return result.architecture, *accuracies, networks, result.front


def test_the_same_seed_gives_the_same_result_and_another_another(
    quick_search: QuickSearch, tmp_path: Path
) -> None:
    first = outcome(quick_search(out=tmp_path / "first"))
    assert outcome(quick_search(out=tmp_path / "second")) == first
    assert outcome(quick_search(out=tmp_path / "third", seed=1)) != first


def test_float32_has_no_int8_file_and_is_timed_as_float32(quick_search: QuickSearch) -> None:
    result = quick_search(precision="float32")
    assert result.accuracy_int8 is None
    assert "model.int8.onnx" not in files_of(result)
    assert "model.float32.onnx" in files_of(result)
    assert result.measured_latency_ms == result.float32_latency_ms


def test_most_macs_are_kept(quick_search: QuickSearch) -> None:
    assert quick_search(max_macs="100k").macs <= 100_000


def test_a_search_without_latency_budget_keeps_the_other(quick_search: QuickSearch) -> None:
    result = quick_search(None, max_params="3k")
    assert (result.latency_budget_ms, result.params <= 3000) == (None, True)


@pytest.mark.parametrize("strategy", ["ddpnas-regression", "random"])
def test_the_other_strategies_find_a_network_too(quick_search: QuickSearch, strategy: str) -> None:
    result = quick_search("0.04ms", strategy=strategy)
    assert result.strategy == strategy
    assert result.measured_latency_ms <= 0.04


def test_a_named_baseline_is_trained_beside(quick_search: QuickSearch) -> None:
    (baseline,) = quick_search(baselines=("mobilenetv2@0.1",)).baselines
    assert baseline.name == "mobilenetv2@0.1"
    assert baseline.accuracy_int8 is not None
    assert baseline.accuracy_float32 is not None


def test_a_preset_is_a_space_of_one_network_and_names_the_default_folder(
    quick_search: QuickSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = quick_search("0.5ms", space="mobilenetv2@0.1", out=None)
    assert result.out == "runs/digits-mobilenetv2@0.1-simulated-0.5ms"
    assert result.space == "mobilenetv2@0.1"
    assert len(result.front) == 1


@pytest.mark.slow
def test_nasbench_macro_is_searched_on_digits(quick_search: QuickSearch) -> None:
    little = SupernetSettings(epoch_images=16, batch_size=16, warmup_epochs=1)
    result = quick_search("3ms", space="nasbench-macro", supernet=little)
    assert result.space == "nasbench-macro"
    assert result.measured_latency_ms <= 3


def test_a_resolution_that_fits_is_chosen(
    quick_search: QuickSearch, plan: Callable[[str], str]
) -> None:
    result = quick_search("0.02ms", space=plan("input_sizes = [8, 16]"))
    assert input_shape(result) == [1, 1, 8, 8]


def test_images_are_resized_to_the_chosen_resolution(
    quick_search: QuickSearch, plan: Callable[[str], str]
) -> None:
    result = quick_search(space=plan("input_sizes = [16]"))
    assert input_shape(result) == [1, 1, 16, 16]
    verified = hwnas.verify(f"{result.out}/model.int8.onnx", data="digits")
    assert verified.accuracy == result.accuracy_int8


def test_squeeze_and_hard_swish_run_in_int8(
    quick_search: QuickSearch, plan: Callable[[str], str]
) -> None:
    result = quick_search(space=plan('activation = "hard_swish"\nse_ratio = 0.25'))
    assert result.accuracy_int8 is not None
    assert result.architecture["space"]["se_ratio"] == 0.25


def test_a_folder_of_colour_images_is_searched(
    quick_search: QuickSearch, plan: Callable[[str], str], photos: Path
) -> None:
    result = quick_search(space=plan(""), data=str(photos))
    assert input_shape(result) == [1, 3, 12, 12]
    assert hwnas.verify(f"{result.out}/model.int8.onnx", data=str(photos)).accuracy is not None


def test_an_input_size_resizes_the_images(
    quick_search: QuickSearch, plan: Callable[[str], str], photos: Path
) -> None:
    result = quick_search(space=plan(""), data=str(photos), input_size=6)
    assert result.architecture["space"]["input_sizes"] == (6,)


def test_a_batch_is_exported_as_asked(quick_search: QuickSearch) -> None:
    result = quick_search(batch=3)
    assert input_shape(result) == [3, 1, 8, 8]
    assert result.accuracy_int8 is not None


def test_what_a_search_left_out_export_and_verify_can_leave_out_too(
    quick_search: QuickSearch, photos: Path, plan: Callable[[str], str], tmp_path: Path
) -> None:
    (photos / "train" / "red" / "torn.png").write_bytes(b"no picture")
    result = quick_search(data=str(photos), space=plan(""), skip_bad=True)
    device = str(TESTS / "devices" / "simulated.toml")
    out = tmp_path / "again.onnx"
    assert hwnas.export(result.out, out, device=device).trained
    model = Path(result.out) / "model.int8.onnx"
    report = hwnas.verify(model, device=device, data=str(photos), skip_bad=True)
    assert report.accuracy == result.accuracy_int8


def test_a_limit_out_of_reach_is_named_without_the_other(quick_search: QuickSearch) -> None:
    with pytest.raises(hwnas.NoNetworkFitsError, match="keeps 100 parameters: the least"):
        quick_search("1ms", max_params="100")


def test_sizes_between_measured_ones_need_not_be_timed(
    quick_search: QuickSearch, tmp_path: Path
) -> None:
    plan = PLAN.format(options="").replace("widths = [8]", "widths = {widths}")
    for name, widths in (("measured", "[10, 24]"), ("between", "[16]")):
        (tmp_path / f"{name}.toml").write_text(plan.format(widths=widths))
    device = str(TESTS / "devices" / "simulated.toml")
    table = hwnas.profile(device, space=str(tmp_path / "measured.toml"), data="digits")
    options = {"space": str(tmp_path / "between.toml"), "interpolate": True}
    result = quick_search(**options)
    assert 0 < result.n_estimated_blocks < result.n_blocks  # the stem was timed
    assert any("were not timed" in note for note in result.notes)
    assert result.predicted_latency_ms == pytest.approx(result.measured_latency_ms, rel=0.1)
    again = hwnas.profile(device, space=str(tmp_path / "measured.toml"), data="digits")
    assert again.rows == table.rows  # no estimate was stored as a measurement
