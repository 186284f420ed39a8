"""The chain knapsack under latency, MACs, parameters and memory together, against brute force."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.search import Generator
from hwnas.space import NOWHERE, Architecture, Decision, PlacedBlock, Places

N_DECISIONS, N_OPTIONS = 6, 5
OPTIONS = tuple("abcde")
Sums = NDArray[np.float64]


class Chain:
    """Six decisions of five options, a block each, told apart by its input size."""

    name = "chain"

    def __init__(self, forbidden: frozenset[tuple[str, str]] = frozenset()) -> None:
        """``forbidden``: pairs of options that may not follow each other."""
        self._forbidden = forbidden
        self.decisions = tuple(Decision(f"block{i}", OPTIONS) for i in range(N_DECISIONS))

    def start(self) -> tuple[str, Places]:
        return "", ()

    def step(self, index: int, state: str, option: str) -> tuple[str, Places]:
        if (state, option) in self._forbidden:
            return NOWHERE, ()
        size = 1 + N_OPTIONS * index + OPTIONS.index(option)
        return option, (PlacedBlock(f"block{index}", DispatchSpec(input_size=size)),)

    def finish(self, state: str) -> Places:
        return ()

    def to_json(self) -> dict[str, str]:
        return {"family": self.name}


@dataclass(frozen=True)
class Instance:
    """Of every option of every decision, ``(6, 5)``: its score, its three sums and its peak."""

    score: Sums
    sums: tuple[Sums, Sums, Sums]
    peak: Sums
    places: NDArray[np.int64]
    """``(5 ** 6, 6)``, every network."""

    @classmethod
    def of(cls, seed: int) -> "Instance":
        rng = np.random.default_rng(seed)
        shape = (N_DECISIONS, N_OPTIONS)
        latency_ms = rng.uniform(0.01, 1.0, shape)
        macs = (latency_ms * rng.uniform(0.5, 2.0, shape) * 1e6).round()
        parameters = rng.integers(100, 50_000, shape).astype(float)
        peak = rng.integers(1000, 9000, shape).astype(float)
        places = np.array(list(itertools.product(range(N_OPTIONS), repeat=N_DECISIONS)))
        score = rng.dirichlet(np.ones(N_OPTIONS), N_DECISIONS)
        return cls(score, (latency_ms, macs, parameters), peak, places)

    def of_networks(self, values: Sums) -> Sums:
        """``(5 ** 6, 6)``: what each block of each network has."""
        return values[np.arange(N_DECISIONS), self.places]

    def generator(self, peak: float, space: Chain | None = None) -> Generator:
        def value(table: Sums, block: BlockSpec) -> float:
            return float(table.ravel()[block.input_size - 1])

        prices = [lambda block, table=table: value(table, block) for table in self.sums]
        space = space or Chain()
        scores = {
            d.name: dict(zip(OPTIONS, row, strict=True))
            for d, row in zip(space.decisions, self.score.tolist(), strict=True)
        }
        return Generator(space, scores, prices, lambda block: value(self.peak, block) <= peak)

    def limits(self, share: float) -> tuple[list[float], float]:
        """The three sums and the peak that this share of all networks keeps, each alone."""
        totals = [self.of_networks(table).sum(axis=1) for table in self.sums]
        peaks = self.of_networks(self.peak).max(axis=1)
        limits = [float(np.quantile(total, share)) for total in totals]
        return limits, float(np.quantile(peaks, share, method="higher"))

    def best(self, limits: Sequence[float], peak: float) -> float:
        """The best score of all 15,625 networks within the limits; minus infinity for none."""
        fits = self.of_networks(self.peak).max(axis=1) <= peak
        for table, limit in zip(self.sums, limits, strict=True):
            fits &= self.of_networks(table).sum(axis=1) <= limit
        return float(self.of_networks(self.score).sum(axis=1)[fits].max(initial=-math.inf))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.7])
def test_within_four_limits_the_best_is_that_of_brute_force(share: float) -> None:
    n_feasible = 0
    for seed in range(25):
        instance = Instance.of(seed)
        limits, peak = instance.limits(share)
        expected = instance.best(limits, peak)
        found = next(instance.generator(peak).best(limits), None)
        assert (found is None) == (expected == -math.inf)
        if found is not None:
            assert found.score == pytest.approx(expected, abs=1e-12)
            assert all(c <= limit for c, limit in zip(found.costs, limits, strict=True))
            n_feasible += 1
    assert n_feasible > 0


@pytest.mark.parametrize("grown", range(4))
def test_a_larger_budget_is_never_worth_less_whichever_limit_grows(grown: int) -> None:
    for seed in range(10):
        instance = Instance.of(seed)
        values = []
        for share in (0.1, 0.2, 0.4, 0.8):
            limits, peak = instance.limits(0.2)
            larger, larger_peak = instance.limits(share)
            if grown < 3:
                limits[grown] = larger[grown]
            else:
                peak = larger_peak
            found = next(instance.generator(peak).best(limits), None)
            values.append(-math.inf if found is None else found.score)
        assert values == sorted(values)


def test_limits_that_each_leave_networks_but_none_together_give_none() -> None:
    instance = Instance.of(0)
    peak = math.inf
    generator = instance.generator(peak)
    limits = [generator.cheapest(j).costs[j] for j in range(3)]
    for j in range(3):
        alone = [limit if i == j else math.inf for i, limit in enumerate(limits)]
        assert next(generator.best(alone), None) is not None
    assert instance.best(limits, peak) == -math.inf
    assert next(generator.best(limits), None) is None


def test_a_peak_below_every_networks_is_an_error() -> None:
    instance = Instance.of(0)
    with pytest.raises(ValueError, match="every network holds a block that is not allowed"):
        instance.generator(999.0)


@pytest.mark.parametrize("seed", range(10))
def test_a_walk_that_refuses_options_is_searched_as_exactly(seed: int) -> None:
    instance, rng = Instance.of(seed), np.random.default_rng(seed)
    pairs = list(itertools.product(OPTIONS, OPTIONS))
    chosen = rng.choice(len(pairs), 8, replace=False)
    forbidden = frozenset(pairs[i] for i in chosen)
    limits, peak = instance.limits(0.7)
    generator = instance.generator(peak, Chain(forbidden))
    found = {candidate.architecture for candidate in generator.best(limits)}
    fits = instance.of_networks(instance.peak).max(axis=1) <= peak
    for table, limit in zip(instance.sums, limits, strict=True):
        fits &= instance.of_networks(table).sum(axis=1) <= limit
    names = [tuple(OPTIONS[i] for i in row) for row in instance.places[fits]]
    allowed = [n for n in names if not forbidden & set(itertools.pairwise(n))]
    assert found == {Architecture(n) for n in allowed} and 0 < len(allowed) < len(names)
