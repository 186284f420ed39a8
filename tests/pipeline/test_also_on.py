"""One network for several devices: each has its table, its budget and its file."""

import re
from pathlib import Path

import numpy as np
import pytest

from hwnas.errors import InvalidInputError, NoNetworkFitsError, UnknownNameError
from tests.pipeline.conftest import SIMULATED, QuickSearch

BUDGET_MS = 0.05


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """The simulated device under another name, half as fast."""
    text = Path(SIMULATED).read_text().replace('name = "simulated"', 'name = "board"')
    file = tmp_path / "board.toml"
    file.write_text(
        re.sub(r"(_per_s = )(\S+)", lambda peak: f"{peak[1]}{float(peak[2]) / 2}", text)
    )
    return file


def test_the_network_keeps_the_budget_of_both(quick_search: QuickSearch, board: Path) -> None:
    result = quick_search("1ms", also_on=[f"{board}={BUDGET_MS}ms"])
    (there,) = result.other_devices
    assert there.device == "board" and there.latency_budget_ms == BUDGET_MS
    assert there.measured_latency_ms <= BUDGET_MS < result.front[-1].other_latencies_ms[0]
    assert not any("limited nothing" in note for note in result.notes)


def test_each_device_has_a_file_of_its_own(quick_search: QuickSearch, board: Path) -> None:
    result = quick_search("1ms", also_on=[str(board)])
    assert result.other_devices[0].latency_budget_ms is None
    file = Path(result.out) / result.other_devices[0].file
    assert file.name == "model.int8.board.onnx" and file.stat().st_size
    latencies = np.array([point.other_latencies_ms for point in result.front])
    here = np.array([[point.corrected_latency_ms] for point in result.front])
    assert (latencies > here).all()


def test_another_run_serves_two_devices(
    quick_search: QuickSearch, board: Path, tmp_path: Path
) -> None:
    first = quick_search("1ms")
    again = quick_search(
        "1ms",
        run=first.out,
        also_on=[f"{board}={BUDGET_MS}ms"],
        out=tmp_path / "both",
        space=None,
        supernet=None,
    )
    assert again.other_devices[0].measured_latency_ms <= BUDGET_MS


def test_a_device_that_does_not_take_what_a_run_may_have_is_refused(
    quick_search: QuickSearch, board: Path, tmp_path: Path
) -> None:
    first = quick_search("1ms")
    board.write_text(f'refused_operations = ["relu6"]\n{board.read_text()}')
    with pytest.raises(InvalidInputError, match="have relu6, which the device refuses"):
        quick_search(
            "1ms",
            run=first.out,
            also_on=[str(board)],
            out=tmp_path / "both",
            space=None,
            supernet=None,
        )


def test_an_empty_budget_is_refused(quick_search: QuickSearch, board: Path) -> None:
    with pytest.raises(InvalidInputError, match="'' is no latency"):
        quick_search("1ms", also_on=[f"{board}="])


def test_a_budget_that_nothing_keeps_elsewhere_names_the_device(
    quick_search: QuickSearch, board: Path
) -> None:
    with pytest.raises(NoNetworkFitsError, match=r"the fastest takes .* on board"):
        quick_search("1ms", also_on=[f"{board}=0.0001ms"])


def test_a_device_is_named_once(quick_search: QuickSearch, board: Path) -> None:
    with pytest.raises(InvalidInputError, match="two devices are named 'board'"):
        quick_search("1ms", also_on=[str(board), f"{board}=1ms"])


def test_a_latency_without_unit_is_refused(quick_search: QuickSearch, board: Path) -> None:
    with pytest.raises(InvalidInputError, match="'20' has no unit"):
        quick_search("1ms", also_on=[f"{board}=20"])


def test_further_objectives_are_for_fronts_that_evolve(quick_search: QuickSearch) -> None:
    with pytest.raises(InvalidInputError, match="ddpnas has no front of memory"):
        quick_search("1ms", objectives=["memory"])
    with pytest.raises(UnknownNameError, match="objective 'memmory'"):
        quick_search("1ms", objectives=["memmory"])
