"""Fills a table: builds what it misses, times it in rounds, sums up, loses nothing."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import filelock
import numpy as np

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.errors import TableError
from hwnas.latency import quality_of
from hwnas.measure import (
    BLOCK_ROUNDS,
    Measurement,
    RoundsDone,
    RoundsPlan,
    Timer,
    Visit,
    time_in_rounds,
)
from hwnas.measure.engine import Engine
from hwnas.profile.lanes import SharedWork
from hwnas.profile.ready import BlockMaker
from hwnas.profile.wanted import Wanted
from hwnas.progress import OnProgress, Progress
from hwnas.space import Network, as_network
from hwnas.table import (
    ELSEWHERE,
    Blocks,
    Conditions,
    Journal,
    LatencyTable,
    TableHeader,
    find_table,
    key_of,
    read_table,
    table_path,
    write_table,
)
from hwnas.version import VERSION
from hwnas.whole_file import check_writable

LOADED_AT_ONCE = 320
"""Models held in memory and timed in turn; a larger table is filled in such parts."""
PARTS_A_LANE = 4
"""Where several devices measure side by side, so that none is idle for long at the end."""
BUSY = 0.25
"""The share of a processor that others may take before it is said."""


def fill_table(
    wanted: Wanted,
    device: DeviceSpec,
    engine: Engine,
    on_progress: OnProgress,
    plan: RoundsPlan = BLOCK_ROUNDS,
    *,
    again: bool = False,
) -> LatencyTable:
    """Time every wanted block and network that this machine's table misses.

    A visit is kept as soon as it is made; interrupted, the same call goes on.

    Args:
        wanted: Blocks, networks, and the space's name.
        device: The target.
        engine: What it is timed with.
        on_progress: Told of building and timing.
        plan: Of a new table; an old one keeps its own.
        again: Whether rows that did not settle are timed anew.

    Raises:
        TableError: The table is damaged, or another profile fills it.
        RunError: It cannot be written.
        MeasurementError: The device refuses a block.
        QuantizeError: A block would run in float.
    """
    machine = engine.fingerprint(device)
    table, passed_over = find_table(device, machine)
    if passed_over:
        on_progress(Progress("profile", 0, 0, f"{passed_over}; measuring anew"))
    path = table_path(device, machine)
    if table is not None and not _missing(table, wanted, again=again):
        is_told = any(quality.space == wanted.label for quality in table.header.quality)
        judged = table if is_told or table.path != path else _judged(table, wanted)
        if judged is not table:  # it was merged, or filled for another space
            write_table(path, judged)
        return judged
    check_writable(path.parent, ELSEWHERE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(path):
        table, _ = find_table(device, machine)  # as it is by now
        if table is None:
            header = TableHeader(
                device=device, plan=plan, fingerprint=machine, provenance=engine.provenance
            )
            table = LatencyTable(header, {})
        write_table(path, table)
        sitting = _Sitting(path, wanted, device, engine, on_progress)
        sitting.time(_missing(table, wanted, again=again))
    return read_table(path)


def _missing(table: LatencyTable, wanted: Wanted, *, again: bool) -> list[Network]:
    alone = [as_network((block,)) for block in table.missing(wanted.needed, unsettled=again)]
    networks = {network.blocks: network for network in wanted.networks}
    missing = table.missing_networks(networks, unsettled=again)
    return [*alone, *(networks[blocks] for blocks in missing)]


def _judged(table: LatencyTable, wanted: Wanted) -> LatencyTable:
    """The same, its header telling how well it predicts the wanted space, where that is known."""
    found = quality_of(table, wanted.label, wanted.blocks)
    if found is None:
        return table
    quality = {known.space: known for known in table.header.quality} | {wanted.label: found}
    return replace(table, header=replace(table.header, quality=tuple(quality.values())))


@dataclass(frozen=True)
class _Sitting:
    """One locked stretch of filling the table at ``path``."""

    path: Path
    wanted: Wanted
    device: DeviceSpec
    engine: Engine
    on_progress: OnProgress
    one_at_a_time: Lock = field(default_factory=Lock)
    """Held by the lane that writes journal or table."""
    making: Lock = field(default_factory=Lock)
    """Held by the lane that makes files, which may ask a target that no longer answers."""

    def time(self, missing: Sequence[Network]) -> None:
        """Time the missing blocks and networks part by part; each ends in a whole table.

        Where several equal devices are in reach, each takes a part at a time.
        """
        n_needed = len(self.wanted.needed) + len(self.wanted.networks)
        self._tell(0, 0, f"{len(missing)} of {n_needed} rows are not in {self.path} yet")
        load = self._others_load()
        lanes = self.engine.lanes(self.device)
        order = np.random.default_rng(0).permutation(len(missing))  # each part a fair mix
        shuffled = [missing[int(place)] for place in order]
        share = math.ceil(len(shuffled) / (PARTS_A_LANE * len(lanes)))
        size = LOADED_AT_ONCE if len(lanes) == 1 else max(1, min(LOADED_AT_ONCE, share))
        work: SharedWork[list[Network], Engine] = SharedWork(
            (shuffled[first : first + size] for first in range(0, len(shuffled), size)),
            lambda lane, part: self._time_part(part, lane, load, work.go_on),
            lambda failure, n: self._tell(0, 0, f"{failure} Going on with {n} others"),
        )
        work.run(lanes)

    def _time_part(
        self,
        part: Sequence[Network],
        lane: Engine,
        load: float,
        go_on: Callable[[], None],
    ) -> None:
        beside = [self.wanted.reference]
        timers, reference = self._loaded(part, beside, lane, go_on)
        journal = Journal(self.path)
        visits = journal.visits(key_of(beside))
        plan = read_table(self.path).header.plan
        keys = {blocks: key_of(blocks) for blocks in timers}
        rounds: list[RoundsDone] = []

        def tell(done: RoundsDone) -> None:
            rounds.append(done)
            self._tell_round(done)

        def keep(blocks: Blocks, visit: Visit) -> None:
            with self.one_at_a_time:
                journal.append(key_of(beside), keys[blocks], visit)
            go_on()

        with self.one_at_a_time:
            journal.begin()
        found = time_in_rounds(
            timers,
            reference,
            plan,
            known={blocks: visits.get(key, ()) for blocks, key in keys.items()},
            on_visit=keep,
            on_round=tell,
        )
        with self.one_at_a_time:
            self._sum_up(found, load, rounds[-1].disturbed_share if rounds else 0.0)
            journal.forget(keys.values())

    def _loaded(
        self,
        part: Sequence[Network],
        beside: Sequence[BlockSpec],
        lane: Engine,
        go_on: Callable[[], None],
    ) -> tuple[dict[Blocks, Timer], Timer]:
        """The part's models and the reference, made, prepared and loaded.

        The lane's own engine says what it makes of them; what was made once lies in the cache.
        """
        maker = BlockMaker(self.device, lane)
        with self.making:
            files = maker.make_all(part, lambda done: self._tell(done, len(part), "", "build"))
            reference = maker.make(beside)

        def prepared(done: int, problem: str) -> None:
            go_on()
            self._tell(done, len(part) + 1, problem, "prepare")

        lane.prepare([*files, reference], self.device, prepared)
        timers: dict[Blocks, Timer] = {}
        for network, file in zip(part, files, strict=True):
            go_on()
            timers[network.blocks] = lane.timer(file, self.device)
            self._tell(len(timers), len(part), "", "load")
        return timers, lane.timer(reference, self.device)

    def _sum_up(
        self, found: Mapping[Blocks, Measurement], load: float, disturbed_share: float
    ) -> None:
        table = read_table(self.path)
        rows = {blocks[0]: row for blocks, row in found.items() if len(blocks) == 1}
        networks = {blocks: row for blocks, row in found.items() if len(blocks) > 1}
        table = replace(
            table, rows={**table.rows, **rows}, networks={**table.networks, **networks}
        )
        conditions = Conditions(
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            hwnas_version=VERSION,
            others_load=round(load, 3),
            disturbed_share=round(disturbed_share, 4),
        )
        table = replace(table, header=replace(table.header, conditions=conditions))
        write_table(self.path, _judged(table, self.wanted))
        unsettled = sum(not row.settled for row in found.values())
        if unsettled:
            self._tell(
                0,
                0,
                f"{unsettled} rows did not settle and are marked; stop other work on the machine "
                "and run hwnas profile again to time them anew",
            )

    def _others_load(self) -> float:
        """What others take of the measured processors; said where it is much."""
        load = self.engine.others_load(self.device) or 0.0
        if load > BUSY:
            cpus = self.engine.fingerprint(self.device).affinity
            self._tell(
                0,
                0,
                f"other work takes {100 * load:.0f} % of a processor that is measured on "
                f"({', '.join(map(str, cpus))}): the machine is too busy to measure well; stop "
                "that work, or expect rows that do not settle",
            )
        return load

    def _tell_round(self, done: RoundsDone) -> None:
        note = f"{done.n_settled} of {done.n_models} settled"
        if done.n_disturbed:
            note += f", {done.n_disturbed} visits disturbed"
        self._tell(done.n_done, done.n_needed, note)

    def _tell(self, done: int, total: int, note: str, phase: str = "profile") -> None:
        self.on_progress(Progress(phase, done, total, note))


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
