"""``hwnas devices doctor``: whether a device can be measured well, and what to fix if not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from hwnas.device import DeviceSpec
from hwnas.errors import HwnasError
from hwnas.latency import DISPATCH
from hwnas.measure import Provenance, RoundsPlan, Stopwatch
from hwnas.measure.engine import Engine, engine_for
from hwnas.profile import ready_blocks

HOT_CELSIUS = 75.0
LITTLE_MEMORY_BYTES, LITTLE_DISK_BYTES = 256 * 2**20, 512 * 2**20
BUSY = 0.25
"""The share of a measured processor that others may take."""
STEADY = 0.05
"""How far single visits to one small model may lie apart, as a share of their median."""
N_VISITS = 20
STEADY_GOVERNORS = ("", "performance")


class Verdict(StrEnum):
    """Of one check."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was looked at, what was found, and what to do about it; nothing where it is good."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""


def examine(device: DeviceSpec) -> Iterator[Check]:
    """Check after check, until one is so bad that the others cannot be made."""
    try:
        engine = engine_for(device)
        watch = Stopwatch()
        with watch.running():
            version = engine.version()
            n_lanes = len(engine.lanes(device))
        yield Check(
            what="reach",
            verdict=Verdict.GOOD,
            found=f"{device.connection} answers in {watch.seconds:.2g} s"
            + (f", {n_lanes} devices" if n_lanes > 1 else ""),
        )
        yield Check(what="engine", verdict=Verdict.GOOD, found=version)
        machine = engine.fingerprint(device)
        yield Check(
            what="machine",
            verdict=Verdict.GOOD,
            found=f"{machine.cpu}, {machine.n_cpus} processors, {machine.machine}",
        )
    except HwnasError as error:
        yield Check(what="reach", verdict=Verdict.BAD, found=str(error))
        return
    if engine.provenance in (Provenance.SIMULATED, Provenance.ESTIMATED):
        yield Check(
            what="clock",
            verdict=Verdict.DOUBTFUL,
            found=f"latencies are {engine.provenance}",
            advice="Name a device that measures where they are to be quoted.",
        )
        yield next(_timing(engine, device))
        return
    facts = engine.health()
    if facts is not None:
        yield from _health(facts)
    yield _load(engine, device)
    yield from _timing(engine, device)


def _health(facts: Mapping[str, Any]) -> Iterator[Check]:
    governor = facts["governor"] or ""
    steady = governor in STEADY_GOVERNORS
    yield Check(
        what="governor",
        verdict=Verdict.GOOD if steady else Verdict.DOUBTFUL,
        found=governor or "not told",
        advice="" if steady else "Set it with: sudo cpupower frequency-set -g performance",
    )
    celsius = facts["celsius"]
    hot = celsius is not None and celsius > HOT_CELSIUS
    yield Check(
        what="temperature",
        verdict=Verdict.DOUBTFUL if hot else Verdict.GOOD,
        found="not told" if celsius is None else f"{celsius:.0f} °C",
        advice="Let it cool down, or give it a fan: a hot processor slows down." if hot else "",
    )
    for what, n_bytes, little in (
        ("memory", facts["free_bytes"], LITTLE_MEMORY_BYTES),
        ("disk", facts["free_disk_bytes"], LITTLE_DISK_BYTES),
    ):
        short = n_bytes is not None and n_bytes < little
        yield Check(
            what=what,
            verdict=Verdict.DOUBTFUL if short else Verdict.GOOD,
            found="not told" if n_bytes is None else f"{n_bytes / 2**20:,.0f} MiB free",
            advice=f"Free some: a profile wants {little / 2**20:,.0f} MiB." if short else "",
        )


def _load(engine: Engine, device: DeviceSpec) -> Check:
    share = engine.others_load(device)
    busy = share is not None and share > BUSY
    return Check(
        what="other work",
        verdict=Verdict.DOUBTFUL if busy else Verdict.GOOD,
        found="not told" if share is None else f"{100 * share:.0f} % of a measured processor",
        advice="Stop it while you measure." if busy else "",
    )


def _timing(engine: Engine, device: DeviceSpec) -> Iterator[Check]:
    """Whether a model runs there, and how steady its clock is."""
    try:
        model = ready_blocks([DISPATCH], device, engine).content
        timer = engine.timer(model, device)
        visits = [float(np.median(timer.visit(RoundsPlan()))) for _ in range(N_VISITS)]
    except HwnasError as error:
        yield Check(what="a model", verdict=Verdict.BAD, found=str(error))
        return
    median = float(np.median(visits))
    spread = float(np.median(np.abs(np.array(visits) - median))) / median
    yield Check(
        what="a model",
        verdict=Verdict.GOOD,
        found=f"runs in {1e3 * median:.3g} µs ({engine.provenance})",
    )
    steady, found = spread <= STEADY, f"visits lie {100 * spread:.1f} % apart"
    advice = "" if steady else "Fix the clock (governor, turbo), and stop other work."
    if engine.provenance == Provenance.EMULATED:
        steady, found = False, f"{found}, and latencies are emulated"
        advice = "Name a device that measures where they are to be quoted."
    yield Check(
        what="clock",
        verdict=Verdict.GOOD if steady else Verdict.DOUBTFUL,
        found=found,
        advice=advice,
    )
