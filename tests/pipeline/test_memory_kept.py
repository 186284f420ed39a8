"""Working set and file size as limits of a search, held by what is written."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import hwnas
from hwnas.errors import NoNetworkFitsError
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.measure.target import HERE
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.finish import Workshop
from hwnas.report import SearchResult

QuickSearch = Callable[..., SearchResult]
SIMULATED = str(Path(__file__).parents[1] / "devices" / "simulated.toml")
TIGHT_MEMORY, TIGHT_FILE = "16KiB", "36kB"
"""Between the least and the most that networks of the small space take."""


def model_of(result: SearchResult) -> Path:
    return Path(result.out) / f"model.{result.precision}.onnx"


def least_memory_bytes(quick_search: QuickSearch) -> int:
    """What the refusal of a hopeless limit says."""
    with pytest.raises(NoNetworkFitsError) as refusal:
        quick_search(max_memory="1KiB")
    return int(str(refusal.value).split("working set is ")[1].split(" bytes")[0].replace(",", ""))


def test_a_memory_limit_is_kept_by_what_is_allocated(quick_search: QuickSearch) -> None:
    result = quick_search(max_memory=TIGHT_MEMORY)
    found = HERE.allocated_bytes(model_of(result).read_bytes(), device_with(SIMULATED))
    assert found is not None and result.max_memory_bytes == 16 * 2**10
    assert found == result.memory_bytes and found <= 16 * 2**10
    assert result.predicted_memory_bytes == pytest.approx(result.memory_bytes, rel=0.02)


def test_without_the_limit_the_same_search_takes_more_memory(quick_search: QuickSearch) -> None:
    assert (quick_search().memory_bytes or 0) > 16 * 2**10


def test_a_size_limit_is_kept_by_the_file(quick_search: QuickSearch) -> None:
    result = quick_search(max_size=TIGHT_FILE)
    assert model_of(result).stat().st_size == result.model_bytes <= 36_000
    assert result.model_bytes <= result.predicted_model_bytes <= 1.03 * result.model_bytes


def test_without_the_limit_the_same_search_writes_a_larger_file(
    quick_search: QuickSearch,
) -> None:
    assert quick_search().model_bytes > 36_000


def test_memory_and_size_are_budget_enough(quick_search: QuickSearch) -> None:
    result = quick_search(None, max_memory=TIGHT_MEMORY, max_size=TIGHT_FILE)
    assert 0 < (result.memory_bytes or 0) <= 16 * 2**10 and result.model_bytes <= 36_000


def test_hopeless_memory_is_refused_with_the_least(
    quick_search: QuickSearch, tmp_path: Path
) -> None:
    with pytest.raises(NoNetworkFitsError, match=r"runs in 1,024 bytes: the least .* is [\d,]+ b"):
        quick_search(max_memory="1KiB")
    assert {path.name for path in tmp_path.iterdir()} == {"tables"}


def test_the_least_working_set_that_is_told_can_be_kept(quick_search: QuickSearch) -> None:
    least = least_memory_bytes(quick_search)
    assert quick_search(max_memory=f"{least}B").memory_bytes == least


def test_a_memory_limit_that_only_the_built_network_breaks_is_told(
    quick_search: QuickSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimulatedEngine, "allocated_bytes", lambda *_: 10**6)
    least = (
        r"keeps 65,536 bytes of working set.* is [\d,]+ bytes of working set \(predicted\), "
        "yet no network keeps it once built"
    )
    with pytest.raises(NoNetworkFitsError, match=least):
        quick_search(None, space="mobilenetv2@0.1", max_memory="64KiB")  # one network


def test_a_hopeless_size_is_refused_with_the_least(quick_search: QuickSearch) -> None:
    with pytest.raises(
        NoNetworkFitsError, match=r"10,000 bytes of file: the least is [\d,]+ bytes of file \(pred"
    ):
        quick_search(max_size="10kB")


def test_a_trained_network_over_its_size_is_replaced(
    quick_search: QuickSearch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deploy = Workshop.deploy
    asked: list[object] = []

    def first_too_large(*arguments: object) -> object:
        finished = deploy(*arguments)  # type: ignore[arg-type]
        if not asked:
            finished.deployed.model.doc_string = 50_000 * "x"
        asked.append(finished)
        return finished

    monkeypatch.setattr(Workshop, "deploy", first_too_large)
    assert quick_search(max_size=TIGHT_FILE).model_bytes <= 36_000
    assert '"event": "over budget"' in (tmp_path / "run/log.jsonl").read_text()


def test_verify_measures_the_file_that_was_written(quick_search: QuickSearch) -> None:
    result = quick_search()
    report = hwnas.verify(
        model_of(result), device=SIMULATED, max_memory="1KiB", max_size=f"{result.model_bytes}B"
    )
    assert (report.memory_bytes, report.file_bytes) == (result.memory_bytes, result.model_bytes)
    assert [failure.split(" ", 1)[1] for failure in report.failures] == [
        f"allocates {result.memory_bytes:,} bytes, over its limit of 1,024 bytes."
    ]


def test_the_limits_are_in_the_result(quick_search: QuickSearch) -> None:
    result = quick_search(max_memory="1MiB", max_size="1MB")
    written = json.loads((Path(result.out) / "result.json").read_text())
    assert (written["max_memory_bytes"], written["max_file_bytes"]) == (2**20, 10**6)
