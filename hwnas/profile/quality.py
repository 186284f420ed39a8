"""How well a table's blocks predict the whole networks that were timed beside them."""

import numpy as np

from hwnas.latency import FEWEST_NETWORKS, left_out_ms, networks_of, score
from hwnas.profile.wanted import Wanted
from hwnas.table import LatencyTable, Quality


def quality_of(table: LatencyTable, wanted: Wanted) -> Quality | None:
    """Held-out errors over the space's networks; nothing before enough of them were timed."""
    networks = networks_of(table, wanted.blocks)
    if len(networks) < FEWEST_NETWORKS or table.missing(wanted.needed):
        return None
    rows = [table.networks[network] for network in networks]
    found = score(left_out_ms(table, networks), np.array([row.median_ms for row in rows]))
    tau = found.kendall_tau
    return Quality(
        space=wanted.label,
        n_networks=found.n_networks,
        n_unsettled=sum(not table.rows[block].settled for block in wanted.needed),
        mape=round(found.mape, 3),
        worst=round(found.worst, 3),
        within_5=round(found.within_5, 2),
        within_10=round(found.within_10, 2),
        kendall_tau=None if np.isnan(tau) else round(tau, 4),
        repeatability=round(float(np.median([100 * (row.half_interval or 0) for row in rows])), 3),
    )
