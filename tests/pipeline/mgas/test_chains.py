"""A search by pruning from end to end, and what it refuses."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import hwnas
from hwnas.block import StemSpec
from hwnas.errors import InvalidInputError, NoNetworkFitsError, RunError
from hwnas.latency import DISPATCH
from hwnas.pipeline import mgas_settings
from hwnas.pipeline import pruned as pruned_file
from hwnas.pipeline.timed_device import TimedDevice
from hwnas.progress import Progress
from hwnas.report import SearchResult
from hwnas.space import architecture_from_json, blocks_of
from hwnas.train import SupernetSettings
from hwnas.train.mgas import MgasSettings, Pruner
from tests.pipeline.mgas.conftest import SIMULATED, TESTS, Searched

SPACE = str(TESTS / "spaces" / "prunable.toml")
SETTINGS = MgasSettings(most_epochs=2, batch_size=64, validation_images=100)
QUICK = {
    "space": SPACE,
    "mgas": SETTINGS,
    "supernet": SupernetSettings(epoch_images=256),
}
MOST = 5000
pytestmark = pytest.mark.usefixtures("all_apart")


def test_what_is_left_keeps_the_target(found: SearchResult) -> None:
    assert found.pruning is not None
    assert 0.9 * MOST < found.pruning.kept_parameters <= MOST


def test_zeros_stay_zeros_in_the_file(found: SearchResult) -> None:
    assert found.pruning is not None and found.pruning.n_zeros > 0
    model = onnx.load(Path(found.out) / "model.float32.onnx")
    weights = [numpy_helper.to_array(w) for w in model.graph.initializer]
    n_zeros = sum(int((w == 0).sum()) for w in weights if w.ndim == 4)
    assert n_zeros >= found.pruning.n_zeros


def test_parameters_are_those_of_the_blocks_built(found: SearchResult) -> None:
    assert found.pruning is not None
    assert found.params == found.pruning.kept_parameters + found.pruning.n_zeros


def test_the_result_is_read_back(found: SearchResult) -> None:
    document = json.loads((Path(found.out) / "result.json").read_text())
    assert document["pruning"]["left"].keys() == {"op", "filter", "weight"}
    architecture = json.loads((Path(found.out) / "architecture.json").read_text())
    space, only = architecture_from_json(architecture, "architecture.json")
    assert sum(block.n_parameters for block in blocks_of(space, only)) == found.params


def test_its_architecture_is_exported_and_timed(found: SearchResult, apart: Path) -> None:
    source = Path(found.out) / "architecture.json"
    report = hwnas.export(source, apart / "again.onnx", device=SIMULATED, precision="float32")
    assert report.out.is_file()


def test_the_run_is_exported_with_its_weights(found: SearchResult, apart: Path) -> None:
    report = hwnas.export(found.out, apart / "run.onnx", device=SIMULATED, precision="int8")
    assert report.trained


def test_a_note_tells_what_zeros_are_worth(found: SearchResult) -> None:
    assert any("zeros" in note for note in found.notes)


def test_compression_is_told(found: SearchResult) -> None:
    assert found.pruning is not None
    assert found.pruning.compressed_bytes < found.model_bytes


def fastest_ms(apart: Path, searched: Searched, **options: Any) -> float:  # noqa: ANN401
    """Of the fastest network that can be left."""
    with pytest.raises(NoNetworkFitsError) as refused:
        searched(apart / "never", latency="0.001us", **options)
    return float(str(refused.value).split(" and ")[-1].split(" ms")[0])


def half_way(apart: Path, searched: Searched) -> float:
    """Milliseconds between the fastest network that can be left and the whole."""
    return 3 * fastest_ms(apart, searched)


def slow_down(monkeypatch: pytest.MonkeyPatch, factor: Callable[[int], float]) -> None:
    """From now on the nth network timed takes ``factor(n)`` times what it does."""
    measure, numbers = TimedDevice.measure, count(1)

    def slower(device: TimedDevice, blocks: Any) -> Any:  # noqa: ANN401
        found, by = measure(device, blocks), factor(next(numbers))
        return replace(found, median_ms=by * found.median_ms, p90_ms=by * found.p90_ms)

    monkeypatch.setattr(TimedDevice, "measure", slower)


def test_a_latency_is_kept(apart: Path, searched: Searched) -> None:
    budget_ms = half_way(apart, searched)
    result = searched(apart / "fast", latency=f"{budget_ms:.6f}ms")
    assert result.measured_latency_ms <= budget_ms
    assert result.pruning is not None and "weight" not in result.pruning.left


def test_a_network_that_is_slower_than_predicted_is_pruned_further(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch, lambda _: 1.3)
    budget_ms = half_way(apart, searched)
    result = searched(apart / "slower", latency=f"{budget_ms:.6f}ms")
    assert len(result.measured_networks) > 1
    assert result.measured_networks[-1].measured_latency_ms <= budget_ms


def test_pruning_that_ends_above_a_limit_is_told_and_nothing_is_written(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pruner, "run", lambda pruner, *_: pruner.relaxed)
    with pytest.raises(NoNetworkFitsError, match=r"ended at .* times parameters\. Give more"):
        searched(apart / "above", max_params=str(MOST))
    assert not (apart / "above").exists()


def test_multiply_accumulates_are_kept_without_pruning_weights(
    apart: Path, searched: Searched
) -> None:
    result = searched(apart / "macs", max_macs="250k")
    assert result.macs <= 250_000
    assert result.pruning is not None and result.pruning.granularities == ("op", "filter")


def test_an_interrupted_search_goes_on_to_the_same_network(
    found: SearchResult, apart: Path, searched: Searched
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.phase == "stage 3":
            raise KeyboardInterrupt

    out = apart / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        searched(out, max_params=str(MOST), on_progress=interrupt)
    again = searched(out, max_params=str(MOST))
    assert again.architecture == found.architecture
    assert again.accuracy_float32 == found.accuracy_float32


def test_what_was_seen_to_be_fast_enough_is_not_timed_anew(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another time it may be too slow, and what was trained of it would be lost."""

    def interrupt(progress: Progress) -> None:
        if progress.phase == "finetune":
            raise KeyboardInterrupt

    def timed_anew(*_: object) -> None:
        raise AssertionError("timed anew")

    out, latency = apart / "half trained", f"{half_way(apart, searched):.6f}ms"
    with pytest.raises(KeyboardInterrupt):
        searched(out, latency=latency, on_progress=interrupt)
    monkeypatch.setattr(pruned_file._Pruning, "_note", timed_anew)
    assert len(searched(out, latency=latency).measured_networks) == 1


def test_a_network_that_can_be_pruned_no_further_is_told(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = {"mgas": replace(SETTINGS, granularities=("op",))}
    budget_ms = 1.05 * fastest_ms(apart, searched, **operations)
    slow_down(monkeypatch, lambda n: 1.0 if n == 1 else 2.0)
    with pytest.raises(NoNetworkFitsError, match="Pruning op can leave nothing smaller than"):
        searched(apart / "no further", latency=f"{budget_ms:.6f}ms", **operations)


def test_a_pruned_run_serves_no_other_budget(found: SearchResult) -> None:
    with pytest.raises(RunError, match="keeps nothing to go on from"):
        hwnas.search("1ms", run=found.out, device=SIMULATED)


def test_its_picture_is_drawn(found: SearchResult) -> None:
    content = (Path(found.out) / "pruning.png").read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 10_000


def test_one_slow_timing_corrects_the_prediction_a_little(
    apart: Path, searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget_ms = half_way(apart, searched)
    slow_down(monkeypatch, lambda n: 9.0 if n == 2 else 1.0)
    result = searched(apart / "disturbed", latency=f"{budget_ms:.6f}ms")
    assert result.measured_networks[-1].predicted_latency_ms > 0.5 * budget_ms


@pytest.mark.parametrize("limit", ["latency", "max_macs", "max_size"])
def test_weights_alone_are_refused_where_they_save_nothing(
    apart: Path, searched: Searched, limit: str
) -> None:
    budget = {"latency": "1ms", "max_macs": "1M", "max_size": "1MB"}[limit]
    weights = replace(SETTINGS, granularities=("weight",))
    with pytest.raises(InvalidInputError, match="--granularity weight alone"):
        searched(apart / "refused", mgas=weights, **{limit: budget})


def test_other_strategies_prune_nothing(apart: Path, searched: Searched) -> None:
    with pytest.raises(InvalidInputError, match="prunes nothing"):
        searched(apart / "refused", strategy="ddpnas", latency="1ms")


def test_a_space_without_inverted_residuals_is_refused(apart: Path, searched: Searched) -> None:
    with pytest.raises(InvalidInputError, match="prunes chains"):
        searched(apart / "refused", space="resnet", latency="1ms")


def test_a_supernet_that_there_is_not_cannot_be_kept(apart: Path, searched: Searched) -> None:
    with pytest.raises(InvalidInputError, match="--keep-supernet"):
        searched(apart / "refused", keep_supernet=True, latency="1ms")


def test_a_target_below_the_smallest_network_is_told(apart: Path, searched: Searched) -> None:
    filters = replace(SETTINGS, granularities=("filter",))
    with pytest.raises(NoNetworkFitsError, match="parameters"):
        searched(apart / "refused", mgas=filters, max_params="500")


def test_an_unknown_granularity_names_the_nearest() -> None:
    with pytest.raises(hwnas.errors.UnknownNameError, match="did you mean 'filter'"):
        mgas_settings(granularity="op,filters")


def test_a_granularity_is_named_once() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        mgas_settings(granularity="op,op")


def test_the_table_holds_every_block_that_may_be_left() -> None:
    space = hwnas.space.space_named(SPACE, input_size=8, in_channels=1, n_classes=10)
    wanted = pruned_file.wanted_by_pruning(hwnas.space.prunable.prunable(space))
    assert DISPATCH in wanted.needed and isinstance(wanted.blocks[0], StemSpec)
    assert {b for n in wanted.networks for b in n} <= set(wanted.blocks)
    assert np.unique([len(n) for n in wanted.networks]).size > 1
