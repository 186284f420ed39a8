"""A profile whose target is at the end of a command: what breaks on the way loses nothing."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, load_device
from hwnas.errors import MeasurementError
from hwnas.latency import DISPATCH
from hwnas.measure import Provenance, RoundsPlan
from hwnas.measure.engine import engine_for
from hwnas.profile import Wanted, fill_table
from hwnas.progress import OnProgress, Progress, silent
from hwnas.space import Space, all_blocks
from hwnas.table import Journal, LatencyTable, key_of, table_path
from tests.measure.test_command_target import agents, kill_agents

PLAN = RoundsPlan(warmup_runs=1, warmup_s=0.0, min_runs=3, visit_s=0.0, min_rounds=2, max_rounds=4)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "reach.sh"


@pytest.fixture
def board(script: Path, cache: Path) -> DeviceSpec:
    write(script, cache)
    connection = f"sh {script}"
    return replace(load_device("x86-cpu"), connection=connection, clock="emulated", timeout_s=60.0)


def write(script: Path, cache: Path, *lines: str) -> None:
    known = f"export HWNAS_AGENT_CACHE={cache}"
    script.write_text("\n".join([known, *lines, f'exec {sys.executable} "$@"']))


@pytest.fixture
def blocks(small_space: Space) -> list[BlockSpec]:
    return list(all_blocks(small_space)[:4])


def fill(
    blocks: Sequence[BlockSpec], device: DeviceSpec, on_progress: OnProgress = silent
) -> LatencyTable:
    wanted = Wanted("small", tuple(blocks))
    return fill_table(wanted, device, engine_for(device), on_progress, PLAN)


def test_the_table_is_the_target_s(blocks: list[BlockSpec], board: DeviceSpec) -> None:
    table = fill(blocks, board)
    assert set(table.rows) == {DISPATCH, *blocks}
    assert table.header.provenance == Provenance.EMULATED
    assert {row.provenance for row in table.rows.values()} == {Provenance.EMULATED}
    assert table.header.fingerprint == engine_for(board).fingerprint(board)
    assert table.header.device == board


def test_an_agent_killed_in_every_round_costs_no_row(
    blocks: list[BlockSpec], board: DeviceSpec, cache: Path
) -> None:
    def kill(progress: Progress) -> None:
        if progress.phase == "profile" and progress.total:
            kill_agents(cache)

    assert set(fill(blocks, board, kill).rows) == {DISPATCH, *blocks}


def test_a_target_that_goes_for_good_leaves_the_visits_made(
    blocks: list[BlockSpec], board: DeviceSpec, script: Path, cache: Path
) -> None:
    path = table_path(board, engine_for(board).fingerprint(board))

    def leave(progress: Progress) -> None:
        if progress.phase == "profile" and progress.total:
            script.write_text("exit 7")
            kill_agents(cache)

    with pytest.raises(MeasurementError, match=r"with exit code 7.*goes on where it was"):
        fill(blocks, board, leave)
    kept = Journal(path).visits(key_of([Wanted("small", tuple(blocks)).reference]))
    assert len(kept) == len(blocks) + 1 and all(len(visits) == 1 for visits in kept.values())
    write(script, cache)
    assert set(fill(blocks, board).rows) == {DISPATCH, *blocks}


def test_a_disk_that_fills_there_stops_the_profile_and_a_free_one_ends_it(
    blocks: list[BlockSpec], board: DeviceSpec, script: Path, cache: Path
) -> None:
    write(script, cache, "ulimit -f 1")
    with pytest.raises(MeasurementError, match="cannot keep the model"):
        fill(blocks, board)
    kill_agents(cache)
    write(script, cache)
    assert set(fill(blocks, board).rows) == {DISPATCH, *blocks}


def test_the_agent_ends_with_what_started_it(script: Path, board: DeviceSpec, cache: Path) -> None:
    del board  # whose script is there now
    connect = (
        "from hwnas.measure.target.link import Link\n"
        f"link = Link('sh {script}', 60.0)\n"
        "print(link.ask({'ask': 'facts', 'threads': 1}, b'', 60.0)[0]['machine']['system'])\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", connect], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as connected:
        assert connected.stdout is not None
        connected.stdout.readline()
        assert len(agents(cache)) == 1
        connected.kill()
    for _ in range(100):
        if not agents(cache):
            break
        time.sleep(0.05)
    assert not agents(cache)
