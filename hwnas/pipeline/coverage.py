"""What a table knows of a space: which blocks, and how fast and slow its networks can be."""

from dataclasses import dataclass
from typing import Any

from hwnas.block import block_to_json
from hwnas.latency import DISPATCH, CalibratedModel, PricedSpace, latency_model, networks_of
from hwnas.measure import Provenance
from hwnas.space import Space, all_blocks
from hwnas.table import LatencyTable


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Latencies in milliseconds, predicted; unknown while blocks are missing.

    The empty call is among the blocks.
    """

    space: str
    n_blocks: int
    missing: tuple[dict[str, Any], ...]
    n_unsettled: int
    n_estimated: int
    n_networks: int
    calibrated: bool
    imported: bool
    fastest_ms: float | None
    slowest_ms: float | None

    @property
    def text(self) -> str:
        """Both in a sentence or two."""
        known = self.n_blocks - len(self.missing)
        text = f"{known} of {self.n_blocks} blocks of {self.space} are in the table"
        if self.n_unsettled:
            text += f", {self.n_unsettled} of them not settled"
        if self.n_estimated:
            text += f", {self.n_estimated} of them interpolated"
        if self.imported and self.fastest_ms is None:
            return f"{text}. The others were not in what was imported, so its reach is unknown."
        if self.fastest_ms is None:
            return f"{text}. Time the others with hwnas profile to know what it can reach."
        how = f"calibrated on {self.n_networks} networks" if self.calibrated else "not calibrated"
        return (
            f"{text}. Its networks take {self.fastest_ms:.4g} to {self.slowest_ms:.4g} ms "
            f"(predicted, {how})."
        )


def coverage_of(table: LatencyTable, space: Space) -> Coverage:
    """Hold a table against a space."""
    blocks = all_blocks(space)
    needed = dict.fromkeys((DISPATCH, *blocks))
    missing = table.missing(needed)
    known = [block for block in needed if block in table.rows]
    model = latency_model(table, blocks)
    reach: tuple[float | None, float | None] = None, None
    if not missing:
        reach = PricedSpace(space, model.block_ms, model.constant_ms).reach()
    return Coverage(
        space=space.name,
        n_blocks=len(needed),
        missing=tuple(block_to_json(block) for block in missing),
        n_unsettled=sum(not table[block].settled for block in known),
        n_estimated=model.n_estimated(known),
        n_networks=len(networks_of(table, blocks)),
        calibrated=isinstance(model, CalibratedModel),
        imported=table.header.provenance == Provenance.IMPORTED,
        fastest_ms=reach[0],
        slowest_ms=reach[1],
    )
