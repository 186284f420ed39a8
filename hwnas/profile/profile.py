"""The resumable loop that times the blocks a table misses."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, fingerprint
from hwnas.errors import TableError
from hwnas.latency import DISPATCH
from hwnas.measure import BLOCK_PLAN, MeasurePlan
from hwnas.measure.engine import Engine
from hwnas.profile.ready import ready_blocks
from hwnas.progress import OnProgress, Progress
from hwnas.table import (
    ELSEWHERE,
    LatencyTable,
    TableHeader,
    append_row,
    find_table,
    read_table,
    table_path,
    write_table,
)
from hwnas.whole_file import check_writable


def needed_blocks(blocks: Iterable[BlockSpec]) -> list[BlockSpec]:
    """The blocks and the empty call that their sum is corrected by."""
    return [DISPATCH, *dict.fromkeys(blocks)]


def fill_table(
    blocks: Iterable[BlockSpec],
    device: DeviceSpec,
    engine: Engine,
    on_progress: OnProgress,
    plan: MeasurePlan = BLOCK_PLAN,
) -> LatencyTable:
    """Time every block that this machine's table misses; a row is kept as soon as it is timed.

    Raises:
        TableError: The table is damaged, or another profile fills it.
        RunError: It cannot be written.
        MeasurementError: The device refuses a block.
        QuantizeError: A block would run in float.
    """
    needed = needed_blocks(blocks)
    machine = fingerprint(engine.version())
    table, passed_over = find_table(device, machine)
    if passed_over:
        on_progress(Progress("profile", 0, 0, f"{passed_over}; measuring anew"))
    if table is not None and not table.missing(needed):
        return table
    path = table_path(device, machine)
    check_writable(path.parent, ELSEWHERE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(path):
        table, _ = find_table(device, machine)  # as it is by now
        _begin(path, table, device, engine, plan)
        _time_missing(path, needed, device, engine, on_progress)
        table = read_table(path)
        write_table(path, table)
    return table


def _begin(
    path: Path,
    table: LatencyTable | None,
    device: DeviceSpec,
    engine: Engine,
    plan: MeasurePlan,
) -> None:
    """Write what is already known to the table's own place, without a torn last line."""
    if table is None:
        header = TableHeader(
            device=device,
            plan=plan,
            fingerprint=fingerprint(engine.version()),
            provenance=engine.provenance,
        )
        table = LatencyTable(header, {})
    write_table(path, table)


def _time_missing(
    path: Path,
    needed: list[BlockSpec],
    device: DeviceSpec,
    engine: Engine,
    on_progress: OnProgress,
) -> None:
    table = read_table(path)
    missing = table.missing(needed)
    note = f"{len(missing)} of {len(needed)} blocks are not in {path} yet; timing them"
    on_progress(Progress("profile", 0, 0, note))
    for index, block in enumerate(missing):
        done = len(needed) - len(missing) + index
        on_progress(Progress("profile", done, len(needed), block.kind))
        ready = ready_blocks([block], device, engine)
        append_row(path, block, engine.measure(ready.content, device, table.header.plan))
    on_progress(Progress("profile", len(needed), len(needed)))


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    lock = filelock.FileLock(path.with_suffix(".lock"), timeout=0)
    try:
        with lock:
            yield
    except filelock.Timeout:
        raise TableError(
            f"Another hwnas is filling {path}. Wait for it, or stop it, and run this again."
        ) from None
