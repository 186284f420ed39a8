"""The sum of a network's blocks, corrected by whole networks that were timed beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from hwnas.block import BlockSpec
from hwnas.latency.additive import DISPATCH, AdditiveModel
from hwnas.latency.protocol import LatencyModel
from hwnas.table import Blocks, LatencyTable

FEWEST_NETWORKS = 8
PENALTIES = (1e6, 1e-1, 1e-2, 1e-3)
"""How far factors may differ from a common one: the first is one factor for all."""

Factors = Mapping[int, float]
"""Output size in pixels to factor."""


@dataclass(frozen=True)
class CalibratedModel:
    """A block costs what it took alone times a factor of the feature map it writes.

    Inside a network a block finds its weights evicted by the blocks before it, which costs a
    block of few pixels and many weights more than one of many pixels. One factor a map size says
    that with a handful of numbers; none is negative.
    """

    additive: AdditiveModel
    factors: Factors
    common: float

    @property
    def constant_ms(self) -> float:
        """The one call of the engine."""
        return self.additive.constant_ms

    def block_ms(self, block: BlockSpec) -> float:
        """What the block adds to a network; never negative.

        Raises:
            TableMissError: It was never measured.
        """
        return self.additive.block_ms(block) * self.factors.get(block.output_size, self.common)

    def n_estimated(self, blocks: Sequence[BlockSpec]) -> int:
        """How many of these blocks were not measured but interpolated."""
        return self.additive.n_estimated(blocks)

    def predict_ms(self, blocks: Sequence[BlockSpec]) -> float:
        """The network of these blocks."""
        return self.constant_ms + sum(self.block_ms(block) for block in blocks)


def latency_model(table: LatencyTable, space_blocks: Collection[BlockSpec]) -> LatencyModel:
    """The best model the table allows for networks made of ``space_blocks``.

    Calibrated where at least ``FEWEST_NETWORKS`` of the table's networks are made of them,
    additive elsewhere.
    """
    networks = networks_of(table, space_blocks)
    known = all(block in table.rows for network in networks for block in network)
    if len(networks) < FEWEST_NETWORKS or not known or DISPATCH not in table.rows:
        return AdditiveModel(table)
    return calibrate(table, networks)


def networks_of(table: LatencyTable, space_blocks: Iterable[BlockSpec]) -> list[Blocks]:
    """The table's timed networks that hold no other blocks than these."""
    known = set(space_blocks)
    return [network for network in table.networks if known.issuperset(network)]


def calibrate(table: LatencyTable, networks: Sequence[Blocks]) -> CalibratedModel:
    """Fit the factors on timed networks of the table, by least squares of the relative error.

    How far they may differ is what predicts each network best from the others.
    """
    fit = _Fit(table, networks)
    common, factors = fit.factors(fit.best_penalty, np.ones(len(networks), bool))
    by_size = dict(zip(fit.sizes, factors.tolist(), strict=True))
    return CalibratedModel(fit.additive, by_size, common)


def left_out_ms(table: LatencyTable, networks: Sequence[Blocks]) -> NDArray[np.float64]:
    """Every network as the model predicts it that was fitted on the others: ``(n,)``.

    The one number that says how far factors may differ is chosen on all of them.
    """
    fit = _Fit(table, networks)
    ratios = fit.left_out(fit.best_penalty)
    ratios *= fit.measured_ms
    return ratios


class _Fit:
    """The least-squares problem: networks by sizes, as shares of what each network took."""

    def __init__(self, table: LatencyTable, networks: Sequence[Blocks]) -> None:
        self.additive = AdditiveModel(table)
        self.measured_ms = np.array([table.networks[n].median_ms for n in networks])
        self.sizes = sorted({block.output_size for network in networks for block in network})
        place = {size: index for index, size in enumerate(self.sizes)}
        sums = np.zeros((len(networks), len(self.sizes)))
        for row, network in enumerate(networks):
            for block in network:
                sums[row, place[block.output_size]] += self.additive.block_ms(block)
        self._constant = self.additive.constant_ms / self.measured_ms
        self._shares = sums / self.measured_ms[:, None]

    @cached_property
    def best_penalty(self) -> float:
        """The one whose fits predict the networks they left out best."""
        return min(PENALTIES, key=lambda p: float(np.square(self.left_out(p) - 1).mean()))

    def factors(
        self, penalty: float, used: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.float64]]:
        """The common factor, and each size's, from the networks ``used``."""
        shares, target = self._shares[used], 1 - self._constant[used]
        total = shares.sum(axis=1)
        common = max(0.0, float(total @ target / (total @ total)))
        weight = np.sqrt(penalty)
        system = np.vstack([shares, weight * np.eye(len(self.sizes))])
        wanted = np.concatenate([target, np.full(len(self.sizes), weight * common)])
        return common, nnls(system, wanted)[0]

    def left_out(self, penalty: float) -> NDArray[np.float64]:
        """Predicted over measured of each network, by the fit without it: ``(n,)``."""
        ratios = np.empty(len(self.measured_ms))
        for row in range(len(ratios)):
            used = np.arange(len(ratios)) != row
            ratios[row] = self._constant[row] + self._shares[row] @ self.factors(penalty, used)[1]
        return ratios
