"""No network that pruning can leave keeps the budget: found before any training."""

from dataclasses import replace

from hwnas.errors import NoNetworkFitsError
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.pruning_costs import limit_shares, size_shares
from hwnas.pipeline.pruning_request import granularities_of
from hwnas.space import Network
from hwnas.space.fixed import ONLY, FixedSpace
from hwnas.space.prunable import Prunable


def refuse_too_large(problem: Problem, origin: Prunable) -> None:
    """Before anything is timed; the problem needs no device.

    Raises:
        NoNetworkFitsError: The smallest network that can be left is over a limit of size.
    """
    least, n_prunable = _least(problem, origin)
    shares = dict(size_shares(problem, least, n_prunable))
    if max(shares.values(), default=0.0) > 1:
        raise _nothing_fits(problem, _told(shares))


def refuse_hopeless(problem: Problem, origin: Prunable) -> None:
    """Time the smallest network that can be left.

    Raises:
        NoNetworkFitsError: It is over a limit.
    """
    least, n_prunable = _least(problem, origin)
    alone = problem_of(problem, least)
    measurement = alone.devices[0].measure(alone.blocks(ONLY))
    ratio = min(1.0, measurement.median_ms / alone.predict_ms(ONLY))
    shares = dict(limit_shares(alone, ratio, least, n_prunable))
    if not alone.devices[0].fits(measurement) or max(shares.values()) > 1:
        latency = f"{measurement.median_ms:.4g} ms ({measurement.provenance})"
        raise _nothing_fits(problem, [*_told(shares), latency])


def problem_of(whole: Problem, network: Network) -> Problem:
    """The same for one network that pruning leaves of the whole."""
    return replace(whole, space=FixedSpace.of(whole.space.name, network))


def _least(problem: Problem, origin: Prunable) -> tuple[Network, int]:
    """The smallest network that can be left, and how many weights of it may be zero."""
    searched = granularities_of(problem.request)
    least = origin.narrowest(operations="op" in searched, filters="filter" in searched)
    return least, origin.n_prunable_weights(least) if "weight" in searched else 0


def _told(shares: dict[str, float]) -> list[str]:
    return [f"{share:.3g} times {name}" for name, share in shares.items()]


def _nothing_fits(problem: Problem, taken: list[str]) -> NoNetworkFitsError:
    return NoNetworkFitsError(
        f"Pruning {', '.join(granularities_of(problem.request))} of space "
        f"{problem.space.name!r} keeps no such budget: the smallest network that it can leave "
        f"takes {' and '.join(taken)}. Raise the limit, prune at more granularities or name "
        "another --space."
    )
