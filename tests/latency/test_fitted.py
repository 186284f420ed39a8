"""Costs found from sums: the truth is known here, and one part in a hundred of it is noise."""

import itertools

import numpy as np
import pytest

from hwnas.block import BlockSpec, ConvSpec, PoolSpec
from hwnas.latency import cross_validated_ms, fit_costs, most_telling, score
from hwnas.latency.fit_problem import FEW_NETWORKS, GRID, FitProblem
from hwnas.latency.part_columns import PartColumns
from hwnas.space import Part, Parts

CONSTANT_MS = 1.0


def conv(size: int, channels: int, kernel_size: int) -> ConvSpec:
    return ConvSpec(
        input_size=size,
        in_channels=channels,
        out_channels=channels,
        kernel_size=kernel_size,
        stride=1,
        activation="none",
    )


CONVS = [conv(size, c, k) for size, c, k in itertools.product((8, 16), (8, 24, 64), (1, 3, 5))]
POOLS = [PoolSpec(input_size=size, in_channels=24, operation="max") for size in (8, 16)]
BLOCKS: list[BlockSpec] = [*CONVS, *POOLS]
PARTS = [Part(block) for block in BLOCKS]


def true_ms(block: BlockSpec, speed: float = 1.0) -> float:
    return (0.05 + block.n_macs / 2e6 + 1e-5 * block.input_size**2) * speed


def networks(n: int, seed: int) -> list[Parts]:
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(BLOCKS), (n, 12))
    return [Parts(Part(BLOCKS[place]) for place in row) for row in draws]


def latencies(drawn: list[Parts], *, noise: float = 0.01, speed: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    sums = [sum(n * true_ms(part.block, speed) for part, n in parts.items()) for parts in drawn]
    return (CONSTANT_MS + np.array(sums)) * (1 + noise * rng.standard_normal(len(drawn)))


def test_costs_are_found_from_whole_networks() -> None:
    drawn, unseen = networks(80, 0), networks(200, 1)
    costs = fit_costs(PARTS, drawn, latencies(drawn))
    found = score(costs.predict(unseen).ms, latencies(unseen, noise=0))
    assert found.mape < 1
    for block in BLOCKS:
        assert costs.block_ms(block) == pytest.approx(true_ms(block), abs=0.15)


def test_no_cost_is_negative_though_a_latency_says_so() -> None:
    drawn = [Parts({PARTS[0]: 1}), Parts({PARTS[0]: 1, PARTS[-1]: 50}), *networks(10, 2)]
    wrong = np.array([9.0, 1.0, *latencies(drawn[2:])])
    costs = fit_costs(PARTS, drawn, wrong)
    assert costs.constant_ms >= 0
    assert min(costs.block_ms(block) for block in BLOCKS) >= 0


def test_another_device_s_costs_help_where_networks_are_few() -> None:
    many, few, unseen = networks(200, 0), networks(5, 3), networks(200, 4)
    columns = PartColumns(PARTS)
    rng = np.random.default_rng(0)
    odd = {block: true_ms(block) * rng.uniform(0.2, 5) for block in BLOCKS}

    def of_device(drawn: list[Parts]) -> np.ndarray:
        return np.array([sum(n * odd[p.block] for p, n in parts.items()) for parts in drawn])

    likely = fit_costs(PARTS, many, 3 * of_device(many)).likely
    assert len(likely.costs) == columns.n
    helped = fit_costs(PARTS, few, of_device(few), [likely]).predict(unseen).ms
    alone = fit_costs(PARTS, few, of_device(few)).predict(unseen).ms
    truth = of_device(unseen)
    assert score(helped, truth).mape < score(alone, truth).mape / 2


def test_few_networks_are_fitted_as_is_fixed_and_many_by_what_predicts_best() -> None:
    few, many = networks(10, 5), networks(60, 5)
    assert fit_costs(PARTS, few, latencies(few)).regularization == FEW_NETWORKS
    assert fit_costs(PARTS, many, latencies(many)).regularization in GRID


def test_leaving_one_out_is_what_a_second_fit_would_have_said() -> None:
    drawn = networks(20, 6)
    measured = latencies(drawn, noise=0.1)
    columns = PartColumns(PARTS)
    rows = columns.rows(drawn)
    whole = FitProblem(columns, rows, measured, ())
    weighed = whole.weighed_factor(FEW_NETWORKS)
    wanted = whole._wanted
    for left_out in (0, 7, 19):
        used = np.arange(20) != left_out
        system, noise = weighed[used], FEW_NETWORKS.noise**2 * np.eye(weighed.shape[1])
        fit = np.linalg.solve(system.T @ system + noise, system.T @ wanted[used])
        error = wanted[left_out] - weighed[left_out] @ fit
        assert whole._left_out(FEW_NETWORKS)[left_out] == pytest.approx(error, rel=1e-6)


def test_networks_left_out_are_predicted_by_a_fit_that_never_saw_them() -> None:
    drawn = networks(50, 8)
    measured = latencies(drawn)
    before = cross_validated_ms(PARTS, drawn, measured)
    assert score(before, measured).mape < 4
    other = measured.copy()
    other[3] *= 1.5
    after = cross_validated_ms(PARTS, drawn, other)
    assert after[3] == before[3] != pytest.approx(other[3], rel=0.1)
    assert (after != before).any()


@pytest.mark.parametrize("n", [10, 100])
def test_most_networks_are_no_slower_than_their_safe_latency(n: int) -> None:
    drawn, unseen = networks(n, 9), networks(400, 10)
    predicted = fit_costs(PARTS, drawn, latencies(drawn, noise=0.03)).predict(unseen)
    assert (predicted.safe_ms >= predicted.ms).all()
    assert (latencies(unseen, noise=0.03) <= predicted.safe_ms).mean() > 0.93


def test_another_target_s_misfit_widens_what_is_safe_and_only_that() -> None:
    drawn, unseen = networks(10, 9), networks(100, 10)
    costs = fit_costs(PARTS, drawn, latencies(drawn, noise=0.03))
    odd = latencies(unseen) * np.linspace(1, 2, len(unseen))
    misfit = fit_costs(PARTS, drawn, latencies(drawn)).misfit(unseen, odd)
    before, after = costs.predict(unseen), costs.widened(misfit).predict(unseen)
    assert (after.ms == before.ms).all() and (after.safe_ms > before.safe_ms).all()
    margins = (after.safe_ms - after.ms) / (before.safe_ms - before.ms)
    assert margins.max() <= 2.0 + 1e-9
    assert (costs.widened(0.0).predict(unseen).safe_ms == before.safe_ms).all()


def test_each_network_to_measure_is_the_least_sure_after_those_before() -> None:
    drawn = networks(40, 11)
    chosen = most_telling(PARTS, drawn, 6)
    assert len(set(chosen)) == 6
    columns = PartColumns(PARTS)
    factor = FitProblem(columns, columns.rows(drawn), np.ones(40), ()).weighed_factor(FEW_NETWORKS)
    covariance = factor @ factor.T
    for n_before, place in enumerate(chosen):
        known = chosen[:n_before]
        between = covariance[known]
        noisy = covariance[np.ix_(known, known)] + FEW_NETWORKS.noise**2 * np.eye(n_before)
        left = np.diag(covariance) - (between * np.linalg.solve(noisy, between)).sum(0)
        left[known] = -np.inf
        assert left[place] == pytest.approx(left.max(), rel=1e-6)


def test_more_are_wanted_than_there_are() -> None:
    assert sorted(most_telling(PARTS, networks(4, 12), 9)) == [0, 1, 2, 3]


@pytest.mark.parametrize("wrong", [[], [1.0, 0.0]])
def test_nothing_to_fit_on_is_an_error(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="cannot be fitted"):
        fit_costs(PARTS, networks(len(wrong), 0), np.array(wrong))
