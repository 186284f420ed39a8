"""Measurements of one device at rest: a block is looked up, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec, Fingerprint
from hwnas.errors import TableMissError
from hwnas.measure import Measurement, MeasurePlan, Provenance


@dataclass(frozen=True, kw_only=True)
class TableHeader:
    """How every row of a table was made; another header is another table."""

    device: DeviceSpec
    plan: MeasurePlan
    fingerprint: Fingerprint
    provenance: Provenance

    def difference(self, fingerprint: Fingerprint) -> str:
        """Why the table is not this machine's, in words; empty if it is."""
        return self.fingerprint.difference(fingerprint)


@dataclass(frozen=True)
class LatencyTable:
    """One measurement a block; ``path`` is where it was read from."""

    header: TableHeader
    rows: Mapping[BlockSpec, Measurement]
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

    def missing(self, blocks: Iterable[BlockSpec]) -> list[BlockSpec]:
        """The blocks without a row, in the given order, each once."""
        return [block for block in dict.fromkeys(blocks) if block not in self.rows]
