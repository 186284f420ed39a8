"""What a profile leaves on the disk when it ends, stops, or meets another one."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import filelock
import pytest

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableError
from hwnas.latency import DISPATCH
from hwnas.measure import BLOCK_PLAN, Measurement, MeasurePlan, Provenance
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.profile import fill_table, needed_blocks
from hwnas.progress import Progress, silent
from hwnas.space import Space, all_blocks
from hwnas.table import LatencyTable, find_table, read_table, table_path, write_table

HERE = fingerprint("simulated 1")


class CountingEngine(SimulatedEngine):
    """Remembers the plan of every timing."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: list[MeasurePlan] = []

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        self.plans.append(plan)
        return super().measure(model, device, plan)


class NewerEngine(CountingEngine):
    def version(self) -> str:
        return "simulated 2"


@pytest.fixture
def blocks(small_space: Space) -> list[BlockSpec]:
    """Six of the small space; with the empty call, seven rows."""
    return list(all_blocks(small_space)[:6])


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


def interrupt_after(n_blocks: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.done == n_blocks:
            raise KeyboardInterrupt

    return on_progress


def interrupted(blocks: list[BlockSpec], device: DeviceSpec, n_blocks: int) -> Path:
    with pytest.raises(KeyboardInterrupt):
        fill_table(blocks, device, CountingEngine(), interrupt_after(n_blocks))
    return table_path(device, HERE)


def test_the_empty_call_is_needed_first_and_every_block_once(blocks: list[BlockSpec]) -> None:
    assert needed_blocks([*blocks, *blocks]) == [DISPATCH, *blocks]


def test_the_returned_table_is_the_one_on_the_disk(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill_table(blocks, simulated, engine, silent)
    assert read_table(table_path(simulated, HERE)) == table
    assert find_table(simulated, HERE) == (table, "")


def test_the_finished_table_is_sorted(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill_table(blocks, simulated, engine, silent)
    rows = table_path(simulated, HERE).read_text().splitlines()[1:]
    assert rows == sorted(rows)


def test_simulated_times_are_labelled(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill_table(blocks, simulated, engine, silent)
    assert set(table.rows) == {DISPATCH, *blocks}
    assert table.header.provenance == Provenance.SIMULATED
    assert {row.provenance for row in table.rows.values()} == {Provenance.SIMULATED}


def test_the_plan_reaches_the_engine_and_the_header(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    plan = MeasurePlan(min_runs=5)
    table = fill_table(blocks, simulated, engine, silent, plan)
    assert set(engine.plans) == {plan} and table.header.plan == plan


@pytest.mark.parametrize("n_blocks", [0, 1, 4, 7])
def test_an_interrupted_profile_keeps_what_was_timed(
    blocks: list[BlockSpec], simulated: DeviceSpec, n_blocks: int
) -> None:
    path = interrupted(blocks, simulated, n_blocks)
    assert list(read_table(path).rows) == [DISPATCH, *blocks][:n_blocks]


def test_a_resumed_table_is_as_an_uninterrupted_one(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    path = interrupted(blocks, simulated, 3)
    fill_table(blocks, simulated, engine, silent)
    resumed = path.read_bytes()
    path.unlink()
    fill_table(blocks, simulated, engine, silent)
    assert path.read_bytes() == resumed


def test_a_resumed_profile_counts_on(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    interrupted(blocks, simulated, 4)
    seen: list[Progress] = []
    fill_table(blocks, simulated, engine, seen.append)
    assert [step.done for step in seen if step.total] == [4, 5, 6, 7]
    assert seen[0].note.startswith("3 of 7 blocks are not in ")


def test_other_blocks_join_a_table_that_is_there(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill_table(blocks[:2], simulated, CountingEngine(), silent)
    table = fill_table(blocks[1:], simulated, engine, silent)
    assert len(engine.plans) == len(blocks) - 2
    assert set(table.rows) == {DISPATCH, *blocks}


def test_a_joined_table_goes_on_by_its_own_plan(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill_table(blocks[:2], simulated, CountingEngine(), silent)
    fill_table(blocks, simulated, engine, silent, MeasurePlan(min_runs=5))
    assert set(engine.plans) == {BLOCK_PLAN}


def test_a_shipped_table_is_completed_in_the_own_folder(
    blocks: list[BlockSpec],
    simulated: DeviceSpec,
    engine: CountingEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = fill_table(blocks[:2], simulated, CountingEngine(), silent)
    shipped = table_path(simulated, HERE).rename(tmp_path / table_path(simulated, HERE).name)
    monkeypatch.setattr("hwnas.table.store.shipped_folder", lambda name: tmp_path)
    assert set(fill_table(blocks, simulated, engine, silent).rows) == {DISPATCH, *blocks}
    assert len(engine.plans) == 7 - 3
    assert read_table(shipped) == table


def test_two_profiles_at_once_do_not_spoil_each_other(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            fill_table(blocks, simulated, CountingEngine(), silent)
        except TableError as error:
            refused.append(str(error))

    def on_progress(progress: Progress) -> None:
        if progress.done == 2:
            other = threading.Thread(target=second)
            other.start()
            other.join()

    table = fill_table(blocks, simulated, engine, on_progress)
    assert len(refused) == 1 and len(table.rows) == len(engine.plans) == 7


def test_the_lock_is_free_after_an_interruption(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    path = interrupted(blocks, simulated, 1)
    with filelock.FileLock(path.with_suffix(".lock"), timeout=0) as lock:
        assert lock.is_locked


def test_a_newer_engine_fills_a_table_of_its_own(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    older = fill_table(blocks, simulated, CountingEngine(), silent)
    engine, heard = NewerEngine(), list[Progress]()
    table = fill_table(blocks, simulated, engine, heard.append)
    assert len(engine.plans) == len(blocks) + 1
    assert any("stale: engine_version" in progress.note for progress in heard)
    assert table.header.fingerprint.engine_version == "simulated 2"
    assert read_table(table_path(simulated, table.header.fingerprint)) == table
    assert read_table(table_path(simulated, HERE)) == older


def test_devices_with_other_settings_fill_tables_of_their_own(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine, own_tables: Path
) -> None:
    for precision in ("int8", "float32"):
        fill_table(blocks[:2], replace(simulated, precision=precision), engine, silent)
    assert len(list(own_tables.glob("*.jsonl"))) == 2


def test_a_damaged_table_is_not_overwritten(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill_table(blocks, simulated, engine, silent)
    path = table_path(simulated, HERE)
    write_table(path, LatencyTable(table.header, {}))
    path.write_text(path.read_text() + "{torn}\n")
    damaged = path.read_text()
    with pytest.raises(TableError, match="line 2"):
        fill_table(blocks, simulated, engine, silent)
    assert path.read_text() == damaged


def test_every_block_and_the_empty_call_are_timed_once(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill_table([*blocks, *blocks], simulated, engine, silent)
    assert len(engine.plans) == len(table.rows) == len(blocks) + 1


def test_a_torn_line_costs_one_block(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    whole = fill_table(blocks, simulated, CountingEngine(), silent)
    path = table_path(simulated, HERE)
    path.write_text(path.read_text()[:-20])
    assert fill_table(blocks, simulated, engine, silent) == whole
    assert len(engine.plans) == 1


def test_a_complete_table_is_not_touched(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill_table(blocks, simulated, CountingEngine(), silent)
    before = table_path(simulated, HERE).stat().st_mtime_ns
    fill_table(blocks[:3], simulated, engine, silent)
    assert not engine.plans
    assert table_path(simulated, HERE).stat().st_mtime_ns == before
