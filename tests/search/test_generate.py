import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from hwnas.search import Generator
from hwnas.space import Architecture, Space, all_blocks, blocks_of
from hwnas.space.mobilenet import MobilenetSpace, Stage

Network = tuple[Architecture, float, tuple[float, ...]]
SEEDS = range(600)


@pytest.fixture
def instance(toy_space: Any, toy_values: Any, every_network: Any) -> Callable[..., Any]:  # noqa: ANN401
    """Seed to space, scores, prices and every network there is."""

    def make(seed: int, n_prices: int | None = None) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        space = toy_space(rng)
        scores, prices = toy_values(space, n_prices or 1 + seed % 3, rng)
        return space, scores, prices, every_network(space, scores, prices)

    return make


def limits_for(networks: Sequence[Network], seed: int) -> list[float]:
    """On the very edge of one network, anywhere between the extremes, or out of reach."""
    rng = np.random.default_rng(seed)
    costs = np.array([network[2] for network in networks])
    if seed % 4 == 0:
        return [float(limit) for limit in rng.permuted(costs, axis=0)[0]]
    if seed % 4 == 1:
        return [float(limit) for limit in costs[rng.integers(len(costs))]]
    shares = rng.uniform(-0.1, 1.1, costs.shape[1])
    return [float(limit) for limit in costs.min(0) + shares * np.ptp(costs, axis=0)]


def fitting(networks: Sequence[Network], limits: Sequence[float]) -> list[Network]:
    fits = [n for n in networks if all(c <= b for c, b in zip(n[2], limits, strict=True))]
    return sorted(fits, key=lambda network: -network[1])


@pytest.mark.parametrize("first", range(0, len(SEEDS), 100))
def test_every_fitting_network_comes_out_once_and_best_first(
    instance: Callable[..., Any], first: int
) -> None:
    n_infeasible = 0
    for seed in SEEDS[first : first + 100]:
        space, scores, prices, networks = instance(seed)
        limits = limits_for(networks, seed)
        expected = fitting(networks, limits)
        found = list(Generator(space, scores, prices).best(limits))
        assert [c.score for c in found] == pytest.approx([n[1] for n in expected])
        assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
        assert {c.architecture for c in found} == {n[0] for n in expected}
        n_infeasible += not expected
    assert 0 < n_infeasible < 90


@pytest.mark.parametrize("seed", range(40))
def test_costs_are_the_plain_sums_over_the_blocks_and_keep_the_limits(
    instance: Callable[..., Any], seed: int
) -> None:
    space, scores, prices, networks = instance(seed)
    limits = limits_for(networks, seed)
    for candidate in Generator(space, scores, prices).best(limits):
        blocks = blocks_of(space, candidate.architecture)
        assert candidate.costs == tuple(sum(price(b) for b in blocks) for price in prices)
        assert all(c <= limit for c, limit in zip(candidate.costs, limits, strict=True))


def test_one_network_is_priced_as_the_search_prices_it(instance: Callable[..., Any]) -> None:
    for seed in SEEDS[:60]:
        space, scores, prices, networks = instance(seed)
        generator = Generator(space, scores, prices)
        found = {c.architecture: c for c in generator.best([math.inf] * len(prices))}
        assert len(found) == len(networks)
        assert all(generator.priced(architecture) == found[architecture] for architecture in found)


def test_a_network_of_a_block_that_is_not_allowed_has_no_price() -> None:
    space = MobilenetSpace(
        name="two blocks",
        input_sizes=(8,),
        in_channels=1,
        n_classes=10,
        stem_channels=8,
        head_channels=16,
        stages=(Stage(widths=(16,), max_depth=2, stride=2),),
    )
    scores = {d.name: dict.fromkeys(d.options, 0.0) for d in space.decisions}
    every = itertools.product(*(decision.options for decision in space.decisions))
    architectures = list(map(Architecture, every))
    most = max(block.n_parameters for a in architectures for block in blocks_of(space, a))
    generator = Generator(
        space, scores, [lambda block: block.n_macs], lambda block: block.n_parameters < most
    )
    for architecture in architectures:
        allowed = all(block.n_parameters < most for block in blocks_of(space, architecture))
        assert (generator.priced(architecture) is not None) == allowed


def test_the_front_is_the_brute_force_front(instance: Callable[..., Any]) -> None:
    for seed in SEEDS[:300]:
        space, scores, prices, networks = instance(seed, 1)
        front = Generator(space, scores, prices).front()
        expected = brute_front(networks)
        assert [c.costs[0] for c in front] == pytest.approx([cost for cost, _ in expected])
        assert [c.score for c in front] == pytest.approx([score for _, score in expected])


def without_round_off(value: float) -> float:
    return round(float(f"{value:.12g}"), 9)


def brute_front(networks: Sequence[Network]) -> list[tuple[float, float]]:
    """Cost and score; differences of round-off size count as none."""
    front: list[tuple[float, float]] = []
    points = {
        (without_round_off(costs[0]), without_round_off(score)) for _, score, costs in networks
    }
    for cost, score in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or score > front[-1][1]:
            front.append((cost, score))
    return front


def test_a_front_point_is_the_best_network_at_its_cost(instance: Callable[..., Any]) -> None:
    for seed in range(50):
        space, scores, prices, _ = instance(seed, 1)
        generator = Generator(space, scores, prices)
        for point in generator.front():
            assert next(generator.best(point.costs)).score == pytest.approx(point.score)


def test_a_larger_budget_is_never_worth_less(instance: Callable[..., Any]) -> None:
    for seed in range(100):
        scores = [point.score for point in Generator(*instance(seed, 1)[:3]).front()]
        assert scores == sorted(scores)


def test_cheapest_is_cheapest_by_each_price(instance: Callable[..., Any]) -> None:
    for seed in range(100):
        space, scores, prices, networks = instance(seed, 3)
        generator = Generator(space, scores, prices)
        for j in range(3):
            least = min(network[2][j] for network in networks)
            assert generator.cheapest(j).costs[j] == pytest.approx(least)


def test_an_infinite_limit_is_no_limit(instance: Callable[..., Any]) -> None:
    space, scores, prices, networks = instance(11, 2)
    generator = Generator(space, scores, prices)
    assert len(list(generator.best([math.inf, math.inf]))) == len(networks)
    one = [c.score for c in Generator(space, scores, prices[:1]).best([1.0])]
    assert [c.score for c in generator.best([1.0, math.inf])] == pytest.approx(one)


def test_the_best_come_lazily_from_a_space_too_large_to_list() -> None:
    space, rng = large_space(), np.random.default_rng(0)
    scores = {d.name: {o: float(rng.random()) for o in d.options} for d in space.decisions}
    generator = Generator(
        space, scores, [lambda b: 0.01 + b.n_macs / 3.7e7, lambda b: b.n_parameters]
    )
    cheap = generator.cheapest(0).costs
    found = list(itertools.islice(generator.best([3 * cost for cost in cheap]), 10))
    assert len({candidate.architecture for candidate in found}) == 10


def large_space() -> Space:
    strides = (1, 2, 2, 2, 1, 2, 1)
    return MobilenetSpace(
        name="large",
        input_sizes=(160, 192, 224),
        in_channels=3,
        n_classes=10,
        stem_channels=32,
        head_channels=1280,
        stages=tuple(
            Stage(widths=(16 * i, 24 * i), max_depth=4, stride=stride)
            for i, stride in enumerate(strides, start=1)
        ),
    )


def test_a_missing_score_is_named(instance: Callable[..., Any]) -> None:
    space, scores, prices, _ = instance(0)
    name = space.decisions[0].name
    with pytest.raises(ValueError, match=f"no score for {name}="):
        Generator(space, {**scores, name: {}}, prices)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_price_must_be_finite(instance: Callable[..., Any], wrong: float) -> None:
    space, scores, _, _ = instance(0)
    with pytest.raises(ValueError, match="price 0"):
        Generator(space, scores, [lambda block: wrong])


@pytest.mark.parametrize("limits", [[], [1.0, 2.0], [math.nan]])
def test_limits_must_pair_with_prices_and_be_numbers(
    instance: Callable[..., Any], limits: list[float]
) -> None:
    generator = Generator(*instance(0, 1)[:3])
    with pytest.raises(ValueError, match="expected 1 limits"):
        generator.best(limits)


def test_only_networks_of_allowed_blocks_are_generated(instance: Callable[..., Any]) -> None:
    n_excluded = 0
    for seed in range(150):
        space, scores, prices, networks = instance(seed)
        limits = limits_for(networks, seed)
        allowed = {block for block in all_blocks(space) if block.input_size % 5}
        within = [n for n in networks if allowed.issuperset(blocks_of(space, n[0]))]
        if not within:
            continue
        generator = Generator(space, scores, prices, allowed.__contains__)
        found = {candidate.architecture for candidate in generator.best(limits)}
        assert found == {n[0] for n in fitting(within, limits)}
        assert generator.cheapest(0).costs[0] == pytest.approx(min(n[2][0] for n in within))
        n_excluded += len(networks) - len(within)
    assert n_excluded > 1000


def test_a_space_without_an_allowed_network_is_refused(instance: Callable[..., Any]) -> None:
    space, scores, prices, _ = instance(0, 1)
    with pytest.raises(ValueError, match="every network holds a block that is not allowed"):
        Generator(space, scores, prices, lambda block: block.input_size > 1)
