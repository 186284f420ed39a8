"""No network fits: found before any training where it can be, and said with what the least is."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwnas.errors import NoNetworkFitsError
from hwnas.measure import Measurement
from hwnas.pipeline.problem import Problem
from hwnas.pipeline.timed_device import TimedDevice
from hwnas.search import Proposer


def refuse_hopeless(problem: Problem) -> None:
    """Fail before any training where no network can fit.

    Raises:
        NoNetworkFitsError: The fastest or smallest network is over budget.
    """
    _refuse_too_little_memory(problem)
    pairs = zip(problem.devices, problem.fastest, strict=True)
    kept = all(timed.fits(fastest) for timed, fastest in pairs)
    if not kept or not problem.has_networks(problem.hoped_ratios):
        raise _nothing_fits(problem, problem.unscored, problem.fastest)


def nothing_fits(problem: Problem, generator: Proposer) -> NoNetworkFitsError:
    """The error that says how fast the fastest network is, or what each limit allows."""
    fastest = [
        timed.measure(problem.blocks(generator.cheapest(place).architecture))
        for place, timed in enumerate(problem.devices)
    ]
    return _nothing_fits(problem, generator, fastest)


@dataclass(frozen=True)
class _Least:
    """A limit, and the least that any network needs of it."""

    limit: float
    least: float
    unit: str
    provenance: str = "predicted"

    @property
    def is_out_of_reach(self) -> bool:
        return self.least > self.limit


def _refuse_too_little_memory(problem: Problem) -> None:
    limit, least = problem.request.budget.memory_bytes, problem.least_memory_bytes
    if limit is not None and least > limit:
        device = problem.request.device
        raise NoNetworkFitsError(
            f"{_no_network(problem)} runs in {limit:,} bytes: the least "
            f"working set is {least:,} bytes in {device.precision} with batch {device.batch}. "
            "Raise --max-memory, use a smaller --input-size or another --space."
        )


def _nothing_fits(
    problem: Problem, generator: Proposer, fastest: Sequence[Measurement]
) -> NoNetworkFitsError:
    for place, (timed, measured) in enumerate(zip(problem.devices, fastest, strict=True)):
        if not timed.fits(measured):
            blocks = problem.blocks(generator.cheapest(place).architecture)
            return _too_slow(problem, timed, measured, timed.predict_ms(blocks))
    return _limits_not_kept(problem, generator, fastest)


def _too_slow(
    problem: Problem, timed: TimedDevice, fastest: Measurement, predicted_ms: float
) -> NoNetworkFitsError:
    device = timed.device
    is_first = timed is problem.devices[0]
    what_helps = "Raise --latency, use more --threads" if is_first else "Raise that of --also-on"
    return NoNetworkFitsError(
        f"{_no_network(problem)} fits {timed.budget_ms:g} ms"
        f"{_within_memory(problem)}: the fastest takes {fastest.median_ms:.4g} ms, "
        f"give or take {fastest.mad_ms:.2g} ms ({fastest.provenance}; its blocks add up to "
        f"{predicted_ms:.4g} ms), on {device.name} in "
        f"{device.precision} with {device.threads} thread(s). "
        f"{what_helps}, a smaller --input-size or another --space."
    )


def _limits_not_kept(
    problem: Problem, generator: Proposer, fastest: Sequence[Measurement]
) -> NoNetworkFitsError:
    everything = _leasts(problem, generator, fastest)
    beyond = [one for one in everything if one.is_out_of_reach]
    told = beyond or everything
    limits = " and ".join(f"{_number(one.limit)} {one.unit}" for one in told)
    least = " and ".join(f"{_number(one.least)} {one.unit} ({one.provenance})" for one in told)
    both = "it once built" if len(told) == 1 else "all of them"
    why = "" if beyond else f", yet no network keeps {both}"
    return NoNetworkFitsError(
        f"{_no_network(problem)} keeps {limits}{_within_memory(problem)}: the least is "
        f"{least}{why}. Raise a limit or name another --space."
    )


def _leasts(problem: Problem, generator: Proposer, fastest: Sequence[Measurement]) -> list[_Least]:
    budget = problem.request.budget
    found = []
    for timed, measured in zip(problem.devices, fastest, strict=True):
        if timed.budget_ms is not None:
            unit = "ms" if timed is problem.devices[0] else f"ms on {timed.device.name}"
            found.append(
                _Least(timed.budget_ms, measured.median_ms, unit, str(measured.provenance))
            )
    if budget.memory_bytes is not None:
        least_bytes = problem.least_memory_bytes
        found.append(_Least(budget.memory_bytes, least_bytes, "bytes of working set"))
    for index, limit in enumerate(problem.sum_limits, start=len(problem.devices)):
        cheapest = int(generator.cheapest(index).costs[index]) + limit.constant
        found.append(_Least(limit.most, cheapest, limit.unit))
    return found


def _no_network(problem: Problem) -> str:
    return f"No network of space {problem.space.name!r}{problem.request.cells}"


def _within_memory(problem: Problem) -> str:
    limit = problem.request.budget.memory_bytes
    return "" if limit is None else f" in a working set of {limit:,} bytes"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
