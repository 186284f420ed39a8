"""What the machine says of itself, so that a table is not used on another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psutil

from hwnas.agent.machine import machine_facts
from hwnas.device.spec import DeviceSpec
from hwnas.errors import MeasurementError

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

    @classmethod
    def of(cls, facts: Mapping[str, Any], engine_version: str) -> Self:
        """From what an agent's ``machine_facts`` tells."""
        known = {**facts, "affinity": tuple(facts["affinity"])}
        return cls(**known, engine_version=engine_version)

    def difference(self, other: "Fingerprint") -> str:
        """The first thing in which two fingerprints differ, in words; empty if none."""
        for name, value in vars(self).items():
            if value != vars(other)[name]:
                return f"{name} is {vars(other)[name]!r} and was {value!r}"
        return ""


def fingerprint(engine_version: str, threads: int = 1) -> Fingerprint:
    """This machine's fingerprint with the given engine and so many threads."""
    return Fingerprint.of(machine_facts(threads), engine_version)


def check_machine(machine: str, device: DeviceSpec) -> None:
    """Refuse a machine that is none of the device's.

    Raises:
        MeasurementError: Its processors call themselves otherwise.
    """
    if device.machines and machine not in device.machines:
        raise MeasurementError(
            f"Device {device.name!r} is of {' or '.join(device.machines)}, and what "
            f"connection {device.connection!r} reaches is {machine}. Reach the device, as "
            "with: --connection 'ssh pi@board python3'"
        )


def others_load(cpus: Sequence[int], seconds: float = LOAD_SECONDS) -> float:
    """The share of these processors' time, 0 to 1, that other processes take right now.

    This process is idle while it looks.
    """
    busy = psutil.cpu_percent(interval=seconds, percpu=True)
    return max((busy[cpu] for cpu in cpus if cpu < len(busy)), default=0.0) / 100
