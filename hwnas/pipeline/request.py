"""What a user asks for, checked before any work starts."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hwnas.device import DeviceSpec, Fingerprint
from hwnas.search import Budget
from hwnas.space import Space
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.version import VERSION


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """One search; ``out`` is the run folder, which exists only when the search is done."""

    device: DeviceSpec
    space: str
    strategy: str
    data: str
    budget: Budget
    out: Path
    seed: int = 0
    input_size: int | None = None
    skip_bad: bool = False
    interpolate: bool = False
    baselines: tuple[str, ...] = ()
    supernet: SupernetSettings = field(default_factory=SupernetSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)

    def key(self, data_fingerprint: str, space: Space, machine: Fingerprint) -> str:
        """A short digest of all that shapes the result, so that a resumed run is the same run.

        What a space file says counts, not its name: it may be edited in between. Timings of
        another machine, engine or version of hwnas are not taken over.
        """
        facts = asdict(self) | {
            "out": "",
            "data": data_fingerprint,
            "space": space.to_json(),
            "machine": asdict(machine),
            "hwnas": VERSION,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
