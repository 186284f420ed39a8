"""What a machine says of itself: processor, system, governor, heat, memory; Linux tells most."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
CPUINFO = Path("/proc/cpuinfo")
STAT = Path("/proc/stat")
MEMINFO = Path("/proc/meminfo")
THERMAL = Path("/sys/class/thermal")


def machine_facts(threads: int) -> dict[str, Any]:
    """All of the machine that changes a latency; see ``device.Fingerprint``."""
    return {
        "cpu": cpu_model(),
        "machine": platform.machine(),
        "n_cpus": os.cpu_count() or 1,
        "governor": _text(GOVERNOR),
        "system": platform.system(),
        "affinity": measuring_cpus(threads),
    }


def health_facts(folder: Path) -> dict[str, Any]:
    """What changes from minute to minute; what the system does not tell is ``None``.

    The disk is that of ``folder``, or of where it will be made.
    """
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
    return {
        "governor": _text(GOVERNOR) or None,
        "celsius": hottest_celsius(),
        "free_bytes": _available_bytes(),
        "free_disk_bytes": None if there is None else shutil.disk_usage(there).free,
    }


def cpu_model() -> str:
    """The processor's own name, with family and model number where Linux tells them."""
    values = cpuinfo()
    if "model name" in values:
        numbers = "/".join(values.get(key, "?") for key in ("cpu family", "model", "stepping"))
        return f"{values['model name']} ({numbers})"
    board = _text(Path("/proc/device-tree/model")).strip("\0")
    known = [values.get(key) for key in ("CPU implementer", "CPU part", "CPU revision")]
    numbers = "/".join(part or "?" for part in known) if any(known) else ""
    name = board or values.get("Hardware") or platform.processor() or platform.machine()
    return f"{name} ({numbers})" if numbers else name


def cpu_flags() -> frozenset[str]:
    """The instruction sets Linux reports; empty elsewhere."""
    values = cpuinfo()
    return frozenset((values.get("flags") or values.get("Features") or "").split())


def cpuinfo() -> dict[str, str]:
    """Linux's facts about the first processor."""
    first_cpu = _text(CPUINFO).split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first_cpu.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def allowed_cpus() -> list[int]:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def measuring_cpus(threads: int) -> list[int]:
    """The processors that are measured on: the last ones allowed; the first serve interrupts."""
    return allowed_cpus()[-threads:]


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Keep this thread on the processors that are measured on."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cpus = allowed_cpus()
    os.sched_setaffinity(0, measuring_cpus(threads))
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


def others_load(cpus: list[int], seconds: float) -> float | None:
    """The share of these processors' time, 0 to 1, that others take while this one sleeps."""
    before = _busy_and_all(cpus)
    time.sleep(seconds)
    after = _busy_and_all(cpus)
    shares = [
        (after[cpu][0] - before[cpu][0]) / (after[cpu][1] - before[cpu][1])
        for cpu in before
        if cpu in after and after[cpu][1] > before[cpu][1]
    ]
    return max(shares) if shares else None


def hottest_celsius() -> float | None:
    """Of the thermal zones that tell."""
    found = [_number(zone / "temp") for zone in THERMAL.glob("thermal_zone*")]
    known = [degrees / 1000 for degrees in found if degrees is not None]
    return max(known) if known else None


def _busy_and_all(cpus: list[int]) -> dict[int, tuple[float, float]]:
    found = {}
    for line in _text(STAT).splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in cpus:
            spent = [float(tick) for tick in ticks[:8]]
            idle = spent[3] + spent[4]
            found[int(name[3:])] = (sum(spent) - idle, sum(spent))
    return found


def _available_bytes() -> int | None:
    for line in _text(MEMINFO).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _number(path: Path) -> float | None:
    try:
        return float(_text(path))
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
