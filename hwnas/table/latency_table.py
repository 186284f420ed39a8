"""Measurements of one device at rest: a block is looked up, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, Fingerprint
from hwnas.errors import TableMissError
from hwnas.measure import Measurement, Provenance, RoundsPlan

Blocks = tuple[BlockSpec, ...]
Key = TypeVar("Key")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under which the rows were last timed; ``others_load`` is a share, 0 to 1."""

    date: str
    hwnas_version: str
    others_load: float
    disturbed_share: float = 0.0
    """Of the last part's visits: made again because reference or model was slow."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well a space's blocks predict whole networks, each left out of the factors' fit in turn.

    All but the counts and tau in per cent; ``repeatability`` is the median half-width of the
    networks' own 95 % confidence intervals, which no prediction can beat.
    """

    space: str
    n_networks: int
    n_unsettled: int
    mape: float
    worst: float
    within_5: float
    within_10: float
    kendall_tau: float | None
    repeatability: float


@dataclass(frozen=True, kw_only=True)
class TableHeader:
    """How every row of a table was made; another device or machine is another table."""

    device: DeviceSpec
    plan: RoundsPlan
    fingerprint: Fingerprint
    provenance: Provenance
    conditions: Conditions | None = None
    quality: tuple[Quality, ...] = ()

    def difference(self, fingerprint: Fingerprint) -> str:
        """Why the table is not this machine's, in words; empty if it is."""
        return self.fingerprint.difference(fingerprint)


@dataclass(frozen=True)
class LatencyTable:
    """One measurement a block, and of some whole networks that corrections are fitted on.

    ``path`` is where it was read from.
    """

    header: TableHeader
    rows: Mapping[BlockSpec, Measurement]
    networks: Mapping[Blocks, Measurement] = field(default_factory=dict)
    path: Path | None = field(default=None, compare=False)

    def __getitem__(self, block: BlockSpec) -> Measurement:
        try:
            return self.rows[block]
        except KeyError:
            device = self.header.device
            raise TableMissError(
                f"{block} was never measured on {device.name!r}. Profile the same space and "
                f"images with: hwnas profile --device {device.name} --precision "
                f"{device.precision} --threads {device.threads} --batch {device.batch}"
            ) from None

    @property
    def n_unsettled(self) -> int:
        """Rows whose median is not believed."""
        return sum(not row.settled for row in self.rows.values())

    def missing(self, blocks: Iterable[BlockSpec], *, unsettled: bool = False) -> list[BlockSpec]:
        """The blocks without a row, or with one that is not settled, in order, each once."""
        return _missing(blocks, self.rows, unsettled=unsettled)

    def missing_networks(
        self, networks: Iterable[Blocks], *, unsettled: bool = False
    ) -> list[Blocks]:
        """The networks without a row, or with one that is not settled, in order, each once."""
        return _missing(networks, self.networks, unsettled=unsettled)


def _missing(
    wanted: Iterable[Key], rows: Mapping[Key, Measurement], *, unsettled: bool
) -> list[Key]:
    return [
        key
        for key in dict.fromkeys(wanted)
        if key not in rows or (unsettled and not rows[key].settled)
    ]
