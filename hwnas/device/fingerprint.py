"""What the machine says of itself, so that a table is not used on another one."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
CPUINFO = Path("/proc/cpuinfo")
LOAD_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """All of the machine and its software that changes a latency.

    ``governor`` is empty where the system does not tell, as in most virtual machines;
    ``affinity`` holds the processors that measuring is pinned to.
    """

    cpu: str
    machine: str
    n_cpus: int
    governor: str
    system: str
    engine_version: str
    affinity: tuple[int, ...] = ()

    def difference(self, other: "Fingerprint") -> str:
        """The first thing in which two fingerprints differ, in words; empty if none."""
        for name, value in vars(self).items():
            if value != vars(other)[name]:
                return f"{name} is {vars(other)[name]!r} and was {value!r}"
        return ""


def fingerprint(engine_version: str, threads: int = 1) -> Fingerprint:
    """This machine's fingerprint with the given engine and so many threads."""
    governor = GOVERNOR.read_text().strip() if GOVERNOR.is_file() else ""
    return Fingerprint(
        cpu=cpu_model(),
        machine=platform.machine(),
        n_cpus=psutil.cpu_count() or 1,
        governor=governor,
        system=platform.system(),
        engine_version=engine_version,
        affinity=tuple(measuring_cpus(threads)),
    )


def cpu_model() -> str:
    """The processor's own name, with family and model number where Linux tells them."""
    values = _cpuinfo()
    if "model name" not in values:
        return platform.processor() or platform.machine()
    numbers = "/".join(values.get(key, "?") for key in ("cpu family", "model", "stepping"))
    return f"{values['model name']} ({numbers})"


def cpu_flags() -> frozenset[str]:
    """The instruction sets Linux reports; empty elsewhere."""
    values = _cpuinfo()
    return frozenset((values.get("flags") or values.get("Features") or "").split())


def allowed_cpus() -> list[int]:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(psutil.cpu_count() or 1))


def measuring_cpus(threads: int) -> list[int]:
    """The processors that are measured on: the last ones allowed; the first serve interrupts."""
    return allowed_cpus()[-threads:]


def others_load(cpus: Sequence[int], seconds: float = LOAD_SECONDS) -> float:
    """The share of these processors' time, 0 to 1, that other processes take right now.

    This process is idle while it looks.
    """
    busy = psutil.cpu_percent(interval=seconds, percpu=True)
    return max((busy[cpu] for cpu in cpus if cpu < len(busy)), default=0.0) / 100


def _cpuinfo() -> dict[str, str]:
    if not CPUINFO.is_file():
        return {}
    first_cpu = CPUINFO.read_text().split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first_cpu.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}
