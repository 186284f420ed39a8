"""One measurable target: what is timed, on which engine, with which settings."""

import math
from dataclasses import dataclass, field
from typing import Literal

from hwnas.device.recipe import Recipe
from hwnas.record import said

Precision = Literal["int8", "float32"]


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What the data sheet promises, for estimates and sanity checks only."""

    float32_macs_per_s: float
    int8_macs_per_s: float
    bytes_per_s: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(peak) and peak > 0 for peak in vars(self).values()):
            raise ValueError(f"peaks must be positive and finite, got {said(self)}")


@dataclass(frozen=True, kw_only=True)
class DeviceSpec:
    """One measurable target: a machine, an engine and the settings that change its speed.

    Two specs that differ in any field own different latency tables.
    """

    name: str
    engine: str
    peak: Peak
    description: str = ""
    connection: str = "local"
    provider: str = "CPUExecutionProvider"
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
        if self.connection != "local":
            raise ValueError(
                f"connection {self.connection!r} of {self.name!r} is not known; "
                "this version reaches devices by 'local' only"
            )
