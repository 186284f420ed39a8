"""What a profile leaves on the disk when it ends, stops, or meets another one."""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import filelock
import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableError
from hwnas.latency import DISPATCH
from hwnas.measure import BLOCK_ROUNDS, Provenance, RoundsPlan
from hwnas.measure.engine.arithmetic import FixedTimer
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.profile import Wanted, fill_table, wanted_by
from hwnas.progress import Progress, silent
from hwnas.space import Space, all_blocks
from hwnas.table import (
    Journal,
    LatencyTable,
    find_table,
    key_of,
    read_table,
    table_path,
    write_table,
)

HERE = fingerprint("simulated 1")
PLAN = RoundsPlan(min_rounds=3, max_rounds=5)


class CountingEngine(SimulatedEngine):
    """Counts the visits to each model and may be told to be slow, or to stop."""

    def __init__(self, on_visit: Callable[[int], float] = lambda _: 1.0) -> None:
        super().__init__()
        self.plans: list[RoundsPlan] = []
        self.visits: Counter[bytes] = Counter()
        self._on_visit = on_visit

    def timer(self, model: bytes, device: DeviceSpec) -> FixedTimer:
        latency_ms = self._latency_ms(model, device)
        return CountingTimer(latency_ms, lambda plan: self._count(model, plan))

    def _count(self, model: bytes, plan: RoundsPlan) -> float:
        if plan.warmup_s == 0:  # a glance at the reference
            return 1.0
        self.plans.append(plan)
        self.visits[model] += 1
        return self._on_visit(self.visits.total())


class CountingTimer(FixedTimer):
    def __init__(self, latency_ms: float, count: Callable[[RoundsPlan], float]) -> None:
        super().__init__(latency_ms, Provenance.SIMULATED)
        self._count = count

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        return super().visit(plan) * self._count(plan)


class NewerEngine(CountingEngine):
    def version(self) -> str:
        return "simulated 2"


def wanted(blocks: Sequence[BlockSpec]) -> Wanted:
    return Wanted("small", tuple(blocks))


def fill(
    blocks: Sequence[BlockSpec],
    device: DeviceSpec,
    engine: SimulatedEngine,
    plan: RoundsPlan = PLAN,
) -> LatencyTable:
    return fill_table(wanted(blocks), device, engine, silent, plan)


@pytest.fixture
def blocks(small_space: Space) -> list[BlockSpec]:
    """Six of the small space; with the empty call, seven rows."""
    return list(all_blocks(small_space)[:6])


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


def stop_at(n_visits: int) -> Callable[[int], float]:
    def on_visit(visit: int) -> float:
        if visit > n_visits:
            raise KeyboardInterrupt
        return 1.0

    return on_visit


def interrupted(blocks: list[BlockSpec], device: DeviceSpec, n_visits: int) -> Path:
    with pytest.raises(KeyboardInterrupt):
        fill(blocks, device, CountingEngine(stop_at(n_visits)))
    return table_path(device, HERE)


def test_the_empty_call_is_needed_first_and_every_block_once(blocks: list[BlockSpec]) -> None:
    assert wanted([*blocks, *blocks]).needed == [DISPATCH, *blocks]


def test_the_returned_table_is_the_one_on_the_disk(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill(blocks, simulated, engine)
    assert read_table(table_path(simulated, HERE)) == table
    assert find_table(simulated, HERE) == (table, "")


def test_the_finished_table_is_sorted(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill(blocks, simulated, engine)
    rows = table_path(simulated, HERE).read_text().splitlines()[1:]
    assert rows == sorted(rows)


def test_simulated_times_are_labelled(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill(blocks, simulated, engine)
    assert set(table.rows) == {DISPATCH, *blocks}
    assert table.header.provenance == Provenance.SIMULATED
    assert {row.provenance for row in table.rows.values()} == {Provenance.SIMULATED}


def test_the_plan_reaches_the_engine_and_the_header(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill(blocks, simulated, engine)
    assert set(engine.plans) == {PLAN} and table.header.plan == PLAN
    assert {row.n_rounds for row in table.rows.values()} == {3}


def test_every_block_is_visited_in_every_round(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill(blocks, simulated, engine)
    assert sorted(engine.visits.values()) == [3] * 7


@pytest.mark.parametrize("n_visits", [0, 1, 4, 20])
def test_an_interrupted_profile_keeps_every_visit(
    blocks: list[BlockSpec], simulated: DeviceSpec, n_visits: int
) -> None:
    path = interrupted(blocks, simulated, n_visits)
    assert Journal(path).path.read_text().count("low_ms") == n_visits


def test_a_torn_line_costs_one_visit(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    journal = Journal(interrupted(blocks, simulated, 6))
    text = journal.path.read_text()
    journal.path.write_text(text[:-20])
    fill(blocks, simulated, engine)
    assert engine.visits.total() == 7 * 3 - 5


def die_at_visit(n: int, blocks: list[BlockSpec], device: DeviceSpec) -> None:
    """In a process of its own: a kill leaves no time to tidy up."""

    def on_visit(visit: int) -> float:
        if visit == n:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    fill(blocks, device, CountingEngine(on_visit))


@pytest.mark.parametrize("n", [1, 4, 20])
def test_a_killed_profile_loses_the_visit_it_was_making_and_no_other(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine, n: int
) -> None:
    victim = multiprocessing.get_context("spawn").Process(
        target=die_at_visit, args=(n, blocks, simulated)
    )
    victim.start()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    table = fill(blocks, simulated, engine)
    assert engine.visits.total() == 7 * 3 - (n - 1)
    assert set(table.rows) == {DISPATCH, *blocks}


def test_a_resumed_profile_makes_only_the_visits_that_lack(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    interrupted(blocks, simulated, 16)
    table = fill(blocks, simulated, engine)
    assert engine.visits.total() == 7 * 3 - 16
    assert set(table.rows) == {DISPATCH, *blocks}


def test_a_finished_profile_leaves_no_journal(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    interrupted(blocks, simulated, 5)
    fill(blocks, simulated, engine)
    assert not Journal(table_path(simulated, HERE)).path.exists()


def test_a_resumed_table_has_the_rows_of_an_uninterrupted_one(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    path = interrupted(blocks, simulated, 9)
    resumed = fill(blocks, simulated, engine)
    path.unlink()
    assert fill(blocks, simulated, CountingEngine()).rows == resumed.rows


def test_a_block_s_key_does_not_depend_on_the_process(blocks: list[BlockSpec]) -> None:
    assert key_of([DISPATCH]) == "baca9756c6828aef"
    assert len({key_of([block]) for block in blocks}) == len(blocks)


def test_another_space_s_profile_forgets_no_visit(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    interrupted(blocks, simulated, 16)
    fill(blocks[:2], simulated, CountingEngine())  # beside another reference
    fill(blocks, simulated, engine)
    kept_of_others = engine.visits.total()
    assert 4 * 3 - 16 < kept_of_others < 5 * 3
    assert not Journal(table_path(simulated, HERE)).path.exists()


def test_visits_beside_another_reference_do_not_count(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    journal = Journal(interrupted(blocks, simulated, 9))
    assert sum(map(len, journal.visits(key_of([wanted(blocks).reference])).values())) == 9
    assert journal.visits(key_of([wanted(blocks[:2]).reference])) == {}


def test_a_later_part_that_is_interrupted_keeps_its_visits_and_the_earlier_rows(
    blocks: list[BlockSpec],
    simulated: DeviceSpec,
    engine: CountingEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_module("hwnas.profile.profile"), "LOADED_AT_ONCE", 3)
    path = interrupted(blocks, simulated, 3 * 3 + 4)
    assert len(read_table(path).rows) == 3
    assert Journal(path).path.read_text().count("low_ms") == 4
    fill(blocks, simulated, engine)
    assert engine.visits.total() == 4 * 3 - 4


def test_other_blocks_join_a_table_that_is_there(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill(blocks[:2], simulated, CountingEngine())
    table = fill(blocks[1:], simulated, engine)
    assert len(engine.visits) == len(blocks) - 2
    assert set(table.rows) == {DISPATCH, *blocks}


def test_a_joined_table_goes_on_by_its_own_plan(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    fill(blocks[:2], simulated, CountingEngine())
    fill(blocks, simulated, engine, BLOCK_ROUNDS)
    assert set(engine.plans) == {PLAN}


def test_a_row_that_does_not_settle_is_marked_and_timed_again_when_asked(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    heard: list[Progress] = []
    noisy = CountingEngine(lambda visit: 1.0 + 0.3 * (visit % 2))
    noisy_table = fill_table(wanted(blocks), simulated, noisy, heard.append, PLAN)
    assert noisy_table.n_unsettled > 0
    assert any("rows did not settle and are marked" in step.note for step in heard)
    assert fill(blocks, simulated, engine) == noisy_table and not engine.visits
    again = fill_table(wanted(blocks), simulated, engine, silent, again=True)
    assert again.n_unsettled == 0
    assert len(engine.visits) == noisy_table.n_unsettled


def test_unsettled_rows_got_all_the_rounds_there_are(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    noisy = CountingEngine(lambda visit: 1.0 + 0.3 * (visit % 2))
    fill(blocks, simulated, noisy)
    assert max(noisy.visits.values()) == PLAN.max_rounds


def test_networks_of_the_space_are_timed_among_the_blocks(
    small_space: Space, simulated: DeviceSpec, engine: CountingEngine
) -> None:
    asked = wanted_by(small_space)
    table = fill_table(asked, simulated, engine, silent, PLAN)
    assert (
        set(table.networks) == {network.blocks for network in asked.networks}
        and len(asked.networks) > 8
    )
    (quality,) = table.header.quality
    assert quality.space == asked.label and asked.label.startswith(f"{small_space.name} at 8x8x1 ")
    assert quality.n_networks == len(asked.networks)
    assert quality.worst < 0.1  # the simulated clock is a sum
    assert read_table(table_path(simulated, HERE)) == table


def test_a_whole_table_that_does_not_tell_its_quality_tells_it_after_a_profile(
    small_space: Space, simulated: DeviceSpec, engine: CountingEngine
) -> None:
    asked = wanted_by(small_space)
    table = fill_table(asked, simulated, engine, silent, PLAN)
    path = table_path(simulated, HERE)
    write_table(path, replace(table, header=replace(table.header, quality=())))  # as if merged
    n_visits = engine.visits.total()
    (quality,) = fill_table(asked, simulated, engine, silent, PLAN).header.quality
    assert (quality.space, quality.n_networks) == (asked.label, len(asked.networks))
    assert read_table(path).header.quality == (quality,)
    assert engine.visits.total() == n_visits


def test_a_shipped_table_is_completed_in_the_own_folder(
    blocks: list[BlockSpec],
    simulated: DeviceSpec,
    engine: CountingEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = fill(blocks[:2], simulated, CountingEngine())
    shipped = table_path(simulated, HERE).rename(tmp_path / table_path(simulated, HERE).name)
    monkeypatch.setattr("hwnas.table.store.shipped_folder", lambda name: tmp_path)
    assert set(fill(blocks, simulated, engine).rows) == {DISPATCH, *blocks}
    assert len(engine.visits) == 7 - 3
    assert read_table(shipped) == table


def test_two_profiles_at_once_do_not_spoil_each_other(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            fill(blocks, simulated, CountingEngine())
        except TableError as error:
            refused.append(str(error))

    def on_visit(visit: int) -> float:
        if visit == 2:
            other = threading.Thread(target=second)
            other.start()
            other.join()
        return 1.0

    table = fill(blocks, simulated, CountingEngine(on_visit))
    assert len(refused) == 1 and len(table.rows) == 7


def test_the_lock_is_free_after_an_interruption(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    path = interrupted(blocks, simulated, 1)
    with filelock.FileLock(path.with_suffix(".lock"), timeout=0) as lock:
        assert lock.is_locked


def test_a_newer_engine_fills_a_table_of_its_own(
    blocks: list[BlockSpec], simulated: DeviceSpec
) -> None:
    older = fill(blocks, simulated, CountingEngine())
    engine, heard = NewerEngine(), list[Progress]()
    table = fill_table(wanted(blocks), simulated, engine, heard.append, PLAN)
    assert len(engine.visits) == len(blocks) + 1
    assert any("stale: engine_version" in progress.note for progress in heard)
    assert table.header.fingerprint.engine_version == "simulated 2"
    assert read_table(table_path(simulated, table.header.fingerprint)) == table
    assert read_table(table_path(simulated, HERE)) == older


def test_devices_with_other_settings_fill_tables_of_their_own(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    for precision in ("int8", "float32"):
        fill(blocks[:2], replace(simulated, precision=precision), engine)
    assert len(list(table_path(simulated, HERE).parent.glob("*.jsonl"))) == 2


def test_a_complete_table_is_neither_timed_nor_touched(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    whole = fill(blocks, simulated, CountingEngine())
    path = table_path(simulated, HERE)
    before = path.stat().st_mtime_ns
    assert fill(blocks, simulated, engine) == whole
    assert not engine.visits and path.stat().st_mtime_ns == before


def test_a_deleted_row_alone_is_timed_again(
    blocks: list[BlockSpec], simulated: DeviceSpec, engine: CountingEngine
) -> None:
    table = fill(blocks, simulated, CountingEngine())
    rows = {block: row for block, row in table.rows.items() if block != blocks[3]}
    write_table(table_path(simulated, HERE), replace(table, rows=rows))
    assert fill(blocks, simulated, engine).rows == table.rows
    assert len(engine.visits) == 1


def test_a_network_that_does_not_settle_is_timed_again_too(
    small_space: Space, simulated: DeviceSpec, engine: CountingEngine
) -> None:
    asked = wanted_by(small_space)
    table = fill_table(asked, simulated, CountingEngine(), silent, PLAN)
    doubtful = asked.networks[3].blocks
    networks = {**table.networks, doubtful: replace(table.networks[doubtful], settled=False)}
    write_table(table_path(simulated, HERE), replace(table, networks=networks))
    again = fill_table(asked, simulated, engine, silent, again=True)
    assert again.networks[doubtful].settled and len(engine.visits) == 1
