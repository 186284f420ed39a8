"""One network for several devices: each has its table, its budget and its file."""

from pathlib import Path

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, NoNetworkFitsError, UnknownNameError
from tests.pipeline.conftest import SIMULATED, QuickSearch

BUDGET_MS = 0.03


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """The simulated device under another name, with three threads."""
    text = Path(SIMULATED).read_text().replace('name = "simulated"', 'name = "board"')
    file = tmp_path / "board.toml"
    file.write_text(text)
    return file


def test_the_network_keeps_the_budget_of_both(quick_search: QuickSearch, board: Path) -> None:
    result = quick_search("1ms", also=[f"{board}={BUDGET_MS}ms"])
    (there,) = result.elsewhere
    assert there.device == "board" and there.latency_budget_ms == BUDGET_MS
    assert there.measured_latency_ms <= BUDGET_MS < result.front[-1].corrected_latency_ms


def test_each_device_has_a_file_of_its_own(quick_search: QuickSearch, board: Path) -> None:
    result = quick_search("1ms", also=[str(board)])
    assert result.elsewhere[0].latency_budget_ms is None
    file = Path(result.out) / result.elsewhere[0].file
    assert file.name == "model.int8.board.onnx" and file.stat().st_size
    latencies = np.array([point.elsewhere_ms for point in result.front])
    assert latencies.shape == (len(result.front), 1) and (latencies > 0).all()


def test_a_budget_that_nothing_keeps_elsewhere_names_the_device(
    quick_search: QuickSearch, board: Path
) -> None:
    with pytest.raises(NoNetworkFitsError, match=r"the fastest takes .* on board"):
        quick_search("1ms", also=[f"{board}=0.0001ms"])


def test_a_device_is_named_once(quick_search: QuickSearch, board: Path) -> None:
    with pytest.raises(InvalidInputError, match="two devices are named 'board'"):
        quick_search("1ms", also=[str(board), f"{board}=1ms"])


def test_a_latency_without_unit_is_refused(quick_search: QuickSearch, board: Path) -> None:
    with pytest.raises(InvalidInputError, match="'20' has no unit"):
        quick_search("1ms", also=[f"{board}=20"])


def test_further_objectives_are_for_fronts_that_evolve(quick_search: QuickSearch) -> None:
    with pytest.raises(InvalidInputError, match="ddpnas has no front of memory"):
        quick_search("1ms", objectives=["memory"])
    with pytest.raises(UnknownNameError, match="objective 'memmory'"):
        quick_search("1ms", objectives=["memmory"])
