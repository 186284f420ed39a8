"""A profile loses at most one block, and times nothing twice."""

from pathlib import Path

import filelock
import pytest

from hwnas.device import DeviceSpec
from hwnas.errors import TableError
from hwnas.measure import Measurement, MeasurePlan
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.profile import fill_table, needed_blocks
from hwnas.progress import Progress, silent
from hwnas.space import all_blocks, space_named
from hwnas.table import read_table, table_path

SMALL = Path(__file__).parents[1] / "spaces" / "small.toml"
BLOCKS = all_blocks(space_named(str(SMALL), input_size=8, in_channels=1, n_classes=10))


class Counting(SimulatedEngine):
    """Counts what is timed, and may be interrupted."""

    def __init__(self, stop_after: int = 10**9) -> None:
        super().__init__()
        self.n_timed = 0
        self._stop_after = stop_after

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        if self.n_timed == self._stop_after:
            raise KeyboardInterrupt
        self.n_timed += 1
        return super().measure(model, device, plan)


def test_every_block_and_the_empty_call_are_timed_once(simulated: DeviceSpec) -> None:
    engine = Counting()
    table = fill_table([*BLOCKS, *BLOCKS], simulated, engine, silent)
    assert engine.n_timed == len(table.rows) == len(BLOCKS) + 1


def test_an_interrupted_profile_goes_on_with_the_next_block(simulated: DeviceSpec) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill_table(BLOCKS, simulated, Counting(stop_after=5), silent)
    assert len(read_table(table_path(simulated)).rows) == 5
    engine = Counting()
    fill_table(BLOCKS, simulated, engine, silent)
    assert engine.n_timed == len(BLOCKS) + 1 - 5


def test_a_torn_line_costs_one_block(simulated: DeviceSpec) -> None:
    whole = fill_table(BLOCKS, simulated, Counting(), silent)
    path = table_path(simulated)
    path.write_text(path.read_text()[:-20])
    engine = Counting()
    assert fill_table(BLOCKS, simulated, engine, silent) == whole
    assert engine.n_timed == 1


def test_a_complete_table_is_not_touched(simulated: DeviceSpec) -> None:
    fill_table(BLOCKS, simulated, Counting(), silent)
    before = table_path(simulated).stat().st_mtime_ns
    engine = Counting()
    fill_table(BLOCKS[:3], simulated, engine, silent)
    assert engine.n_timed == 0
    assert table_path(simulated).stat().st_mtime_ns == before


def test_a_table_of_another_machine_is_measured_anew(simulated: DeviceSpec) -> None:
    fill_table(BLOCKS, simulated, Counting(), silent)
    path = table_path(simulated)
    path.write_text(path.read_text().replace("simulated 1", "simulated 0"))
    engine, heard = Counting(), list[Progress]()
    fill_table(BLOCKS, simulated, engine, heard.append)
    assert engine.n_timed == len(BLOCKS) + 1
    assert any("stale: engine_version" in progress.note for progress in heard)


def test_two_profiles_do_not_fill_one_table(simulated: DeviceSpec) -> None:
    path = table_path(simulated)
    path.parent.mkdir(parents=True)
    with (
        filelock.FileLock(path.with_suffix(".lock")),
        pytest.raises(TableError, match="Another hwnas is filling"),
    ):
        fill_table(BLOCKS, simulated, Counting(), silent)


def test_progress_counts_blocks_done_and_all(simulated: DeviceSpec) -> None:
    heard = list[Progress]()
    fill_table(BLOCKS, simulated, Counting(), heard.append)
    n = len(needed_blocks(BLOCKS))
    assert [(p.done, p.total) for p in heard] == [(i, n) for i in range(n + 1)]
