"""One measurable target: what is timed, on which engine, with which settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hwnas.device.recipe import Recipe
from hwnas.record import said

Precision = Literal["int8", "float32"]
Clock = Literal["measured", "emulated"]
LOCAL = "local"


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What the data sheet promises, for estimates and sanity checks only."""

    float32_macs_per_s: float
    int8_macs_per_s: float
    bytes_per_s: float
    kernel_s: float = 0.0
    """That starting one kernel takes."""

    def __post_init__(self) -> None:
        rates = (self.float32_macs_per_s, self.int8_macs_per_s, self.bytes_per_s)
        is_time = math.isfinite(self.kernel_s) and self.kernel_s >= 0
        if not (is_time and all(math.isfinite(rate) and rate > 0 for rate in rates)):
            raise ValueError(f"peaks must be positive and finite, got {said(self)}")

    def macs_per_s(self, device: "DeviceSpec") -> float:
        """In the device's precision."""
        is_float = device.precision == "float32"
        return self.float32_macs_per_s if is_float else self.int8_macs_per_s


@dataclass(frozen=True, kw_only=True)
class DeviceSpec:
    """One measurable target: a machine, an engine and the settings that change its speed.

    Two specs that differ in a field that changes speed own different latency tables.

    ``machines`` are what its processors call themselves, such as ``aarch64``; any if empty.
    ``connection`` is ``local``, or a command that starts a Python on the target, such as
    ``ssh pi@board python3``; ``timeout_s`` is how long the target may be silent. The ``clock`` of
    an emulator is ``emulated``: the instructions are right, the times are not.
    """

    name: str
    engine: str
    peak: Peak
    description: str = ""
    connection: str = LOCAL
    timeout_s: float = 120.0
    machines: tuple[str, ...] = ()
    clock: Clock = "measured"
    provider: str = "CPUExecutionProvider"
    provider_options: Mapping[str, str] = field(default_factory=dict)
    optimization_level: Literal["all", "extended", "basic", "disabled"] = "all"
    precision: Precision = "int8"
    threads: int = 1
    batch: int = 1
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a device needs a name, got ''")
        if self.threads < 1:
            raise ValueError(f"threads must be at least 1, got {self.threads} for {self.name!r}")
        if self.batch < 1:
            raise ValueError(f"batch must be at least 1, got {self.batch} for {self.name!r}")
        if not self.connection.strip():
            raise ValueError(
                f"connection of {self.name!r} is empty; write 'local' or a command that starts "
                "Python on the target, such as 'ssh pi@board python3'"
            )
        if not 0 < self.timeout_s < math.inf:
            raise ValueError(f"timeout_s must be positive, got {self.timeout_s}")
