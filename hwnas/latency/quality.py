"""How well a table's blocks predict the whole networks that were timed beside them."""

from collections.abc import Collection

import numpy as np

from hwnas.block import BlockSpec
from hwnas.latency.additive import DISPATCH
from hwnas.latency.calibrated import FEWEST_NETWORKS, left_out_ms, networks_of
from hwnas.latency.score import score
from hwnas.table import LatencyTable, Quality


def quality_of(
    table: LatencyTable, label: str, space_blocks: Collection[BlockSpec]
) -> Quality | None:
    """Held-out errors over a space's networks; nothing before enough of them were timed."""
    networks = networks_of(table, space_blocks)
    needed = dict.fromkeys((DISPATCH, *space_blocks))
    if len(networks) < FEWEST_NETWORKS or table.missing(needed):
        return None
    rows = [table.networks[network] for network in networks]
    found = score(left_out_ms(table, networks), np.array([row.median_ms for row in rows]))
    tau = found.kendall_tau
    return Quality(
        space=label,
        n_networks=found.n_networks,
        n_unsettled=sum(not table.rows[block].settled for block in needed),
        mape=round(found.mape, 3),
        worst=round(found.worst, 3),
        within_5=round(found.within_5, 2),
        within_10=round(found.within_10, 2),
        kendall_tau=None if tau is None else round(tau, 4),
        repeatability=round(float(np.median([100 * (row.half_interval or 0) for row in rows])), 3),
    )
