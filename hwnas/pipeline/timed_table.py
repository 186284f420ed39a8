"""What a search needs, timed; or, where that is asked for, interpolated if it can be."""

from collections.abc import Collection

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.latency import interpolated
from hwnas.measure.engine import Engine
from hwnas.profile import Wanted, fill_table
from hwnas.progress import OnProgress
from hwnas.table import LatencyTable, find_table


def timed_table(
    wanted: Wanted,
    blocks: Collection[BlockSpec],
    device: DeviceSpec,
    engine: Engine,
    on_progress: OnProgress,
    *,
    interpolate: bool,
) -> LatencyTable:
    """The device's table once it holds ``wanted``, or ``blocks`` are enclosed by its rows."""
    if not interpolate:
        return fill_table(wanted, device, engine, on_progress)
    known, _ = find_table(device, engine.fingerprint(device))
    if known is not None:
        beyond = interpolated(known, blocks).missing(blocks)
        wanted = Wanted(wanted.label, tuple(beyond))
    return interpolated(fill_table(wanted, device, engine, on_progress), blocks)
