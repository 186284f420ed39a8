"""One measurable target: what is timed, on which engine, with which settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hwnas.device.recipe import Recipe
from hwnas.record import said

Precision = Literal["int8", "float16", "float32"]
Clock = Literal["measured", "emulated"]
Face = Literal["cpu", "dsp"]
LOCAL, TRACKER, RAY = "local", "tracker", "ray"
"""Connections: this process; ``tracker HOST:PORT KEY`` of TVM's servers; ``ray ADDRESS [COMMAND]``
of a cluster; else a command."""


FLOAT_BYTES: Mapping[str, int] = {"float16": 2, "float32": 4}
"""Of one number, where the precision is one of floats."""


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What the data sheet promises, for estimates and sanity checks only."""

    float32_macs_per_s: float
    int8_macs_per_s: float
    bytes_per_s: float
    kernel_s: float = 0.0
    """That starting one kernel takes."""
    float16_macs_per_s: float | None = None
    """Where ``None``, no faster than float32."""

    def __post_init__(self) -> None:
        rates = [self.float32_macs_per_s, self.int8_macs_per_s, self.bytes_per_s]
        rates += [] if self.float16_macs_per_s is None else [self.float16_macs_per_s]
        is_time = math.isfinite(self.kernel_s) and self.kernel_s >= 0
        if not (is_time and all(math.isfinite(rate) and rate > 0 for rate in rates)):
            raise ValueError(f"peaks must be positive and finite, got {said(self)}")

    def macs_per_s(self, device: "DeviceSpec") -> float:
        """In the device's precision."""
        if device.precision == "int8":
            return self.int8_macs_per_s
        if device.precision == "float16" and self.float16_macs_per_s is not None:
            return self.float16_macs_per_s
        return self.float32_macs_per_s


@dataclass(frozen=True, kw_only=True)
class TvmSettings:
    """What TVM compiles for, and how long it tunes each model; see TVM's ``Target``.

    An ``llvm`` target without ``mcpu`` and ``mtriple`` is this machine's own processor. ``arch``
    is a card's, such as ``sm_70``; ``cross_compiler`` links for another processor.
    """

    kind: Literal["llvm", "cuda"] = "llvm"
    mtriple: str = ""
    mcpu: str = ""
    mattr: tuple[str, ...] = ()
    arch: str = ""
    cross_compiler: str = ""
    tuning_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tuning_s < math.inf:
            raise ValueError(f"tuning_s must be 0 or more seconds, got {self.tuning_s}")


@dataclass(frozen=True, kw_only=True)
class DeviceSpec:
    """One measurable target: a machine, an engine and the settings that change its speed.

    Two specs that differ in a field that changes speed own different latency tables.

    ``machines`` are what its processors call themselves, such as ``aarch64``; any if empty.
    ``connection`` is ``local``, or a command that starts a Python on the target, such as
    ``ssh pi@board python3``, or ``tracker HOST:PORT KEY`` for TVM, or ``ray ADDRESS [COMMAND]``
    for a device that a machine of a Ray cluster has; ``timeout_s`` is how long the
    target may be silent. The ``clock`` of an emulator is ``emulated``: the instructions are
    right, the times are not.

    ``provider`` is ONNX Runtime's execution provider; ``fallback_providers`` may run what it does
    not, and without them a model is refused of which it does not run every operator.
    ``refused_operations`` are those that the device's compiler does not take, as spaces and blocks
    name them, such as ``max_pool_3x3`` or ``hard_swish``: no searched network has one.
    ``face`` is that of the space ``foxnas`` that suits it: of processors, or of accelerators.
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
    fallback_providers: tuple[str, ...] = ()
    refused_operations: tuple[str, ...] = ()
    optimization_level: Literal["all", "extended", "basic", "disabled"] = "all"
    precision: Precision = "int8"
    threads: int = 1
    batch: int = 1
    recipe: Recipe = field(default_factory=Recipe)
    tvm: TvmSettings = field(default_factory=TvmSettings)
    face: Face = "cpu"

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
