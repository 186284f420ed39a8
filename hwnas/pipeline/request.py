"""What a user asks for, checked before any work starts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hwnas.device import DeviceSpec, Fingerprint
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.exploration import KeptRun
from hwnas.search import Budget
from hwnas.space import NO_CELL_LIMITS, CellLimits, Space
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.train.mgas import MgasSettings
from hwnas.version import VERSION

OBJECTIVES = ("parameters", "macs", "memory", "size")
"""What a front may be of beside accuracy and latency."""


@dataclass(frozen=True, kw_only=True)
class DeviceBudget:
    """A device, and the most a network may take on it; without ``latency_ms`` it is told only."""

    device: DeviceSpec
    latency_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """One search; ``out`` is the run folder, which exists only when the search is done.

    From a ``start`` nothing is learned anew, and what that run has settled is the same here.
    """

    device: DeviceSpec
    space: str
    strategy: str
    data: str
    budget: Budget
    also_on: tuple[DeviceBudget, ...] = ()
    objectives: tuple[str, ...] = ()
    """Of ``OBJECTIVES``, beside accuracy and latencies, where a strategy has any number."""
    out: Path
    seed: int = 0
    input_size: int | None = None
    skip_bad: bool = False
    interpolate: bool = False
    keep_supernet: bool = False
    baselines: tuple[str, ...] = ()
    donna: DonnaSettings = field(default_factory=DonnaSettings)
    mgas: MgasSettings = field(default_factory=MgasSettings)
    ray: str | None = None
    """Where tasks run: ``local``, ``auto`` or a cluster's address; ``None`` in this process."""
    max_int8_drop: float | None = None
    """The most points of accuracy that int8 may lose on validation images."""
    queries: int | None = None
    """The most networks asked for their accuracy; ``None`` leaves it to the strategy."""
    plan: str | None = None
    """Of ``hwnas.search.PLANS``; ``None`` leaves it to the strategy."""
    supernet: SupernetSettings = field(default_factory=SupernetSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    start: KeptRun | None = None
    cells: CellLimits = NO_CELL_LIMITS

    @property
    def devices(self) -> tuple[DeviceBudget, ...]:
        """All that are timed, first the one that the network is made for."""
        first = DeviceBudget(device=self.device, latency_ms=self.budget.latency_ms)
        return (first, *self.also_on)

    def key(self, data_fingerprint: str, space: Space, machines: Sequence[Fingerprint]) -> str:
        """A short digest of all that shapes the result, so that a resumed run is the same run.

        What a space file says counts, not its name: it may be edited in between. Timings of
        another machine, engine or version of hwnas are not taken over.
        """
        start = None if self.start is None else self.start.facts
        known = [asdict(machine) for machine in machines]
        facts = {"space": space.to_json(), "machines": known, "start": start}
        return _digest(asdict(self) | facts | {"ray": None}, data_fingerprint)


@dataclass(frozen=True, kw_only=True)
class RankRequest:
    """One supernet held against the truth; ``out`` exists only when that is done.

    The supernet is that of ``run``, if one is named, and is else trained for ``space`` on
    ``data`` as ``supernet`` says.
    """

    truth: str
    out: Path
    run: Path | None = None
    space: str = "nasbench-macro"
    data: str = "digits"
    n_samples: int = 500
    seed: int = 0
    input_size: int | None = None
    skip_bad: bool = False
    supernet: SupernetSettings = field(default_factory=SupernetSettings)

    def key(self, data_fingerprint: str, space: Space, supernet: str) -> str:
        """A short digest of all that shapes the figures; ``supernet`` is that of a kept one."""
        facts = {"space": space.to_json(), "run": supernet}
        return _digest(asdict(self) | facts, data_fingerprint)


def _digest(facts: Mapping[str, Any], data_fingerprint: str) -> str:
    facts = {**facts, "out": "", "data": data_fingerprint, "hwnas": VERSION}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:8]
