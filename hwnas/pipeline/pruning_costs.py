"""What a pruned network may cost: each limit of the budget, as a share of it."""

from collections.abc import Iterator

from hwnas.block import BlockSpec
from hwnas.footprint import network_working_set_bytes
from hwnas.pipeline.problem import Problem
from hwnas.space import Network
from hwnas.train.mgas import Costs

PARAMETERS = "parameters"


def pruning_costs(problem: Problem, ratio: float) -> Costs:
    """Of any network that is made of the problem's blocks, which are in its table or between.

    ``ratio`` is of latencies to what blocks say. Weights that are pruned alone are no parameters
    that are kept; to no other limit do they matter.
    """
    budget = problem.request.budget

    known: dict[BlockSpec, float] = {}

    def price(block: BlockSpec) -> float:
        if block not in known:
            shares = [limit.price(block) / limit.most for limit in problem.sum_limits]
            if budget.latency_ms is not None:
                shares.append(ratio * problem.model.block_ms(block) / budget.latency_ms)
            known[block] = sum(shares)
        return known[block]

    return Costs(
        price=price,
        weight_price=0.0 if budget.n_parameters is None else 1 / budget.n_parameters,
        of_network=lambda network, n_zeros: max(
            share for _, share in limit_shares(problem, ratio, network, n_zeros)
        ),
    )


def limit_shares(
    problem: Problem, ratio: float, network: Network, n_zeros: int
) -> Iterator[tuple[str, float]]:
    """Every limit's name, and the share of it that a network takes."""
    budget = problem.request.budget
    if budget.latency_ms is not None:
        yield "--latency", ratio * problem.model.predict_ms(network) / budget.latency_ms
    yield from size_shares(problem, network, n_zeros)


def size_shares(problem: Problem, network: Network, n_zeros: int) -> Iterator[tuple[str, float]]:
    """Of the limits that no latency is needed for, as ``limit_shares``."""
    budget = problem.request.budget
    for limit in problem.sum_limits:
        taken = sum(map(limit.price, network)) + limit.constant
        kept = taken - n_zeros if limit.unit == PARAMETERS else taken
        yield limit.unit, kept / limit.most
    if budget.memory_bytes is not None:
        n_bytes = network_working_set_bytes(network, problem.request.device)
        yield "bytes of working set", n_bytes / budget.memory_bytes
