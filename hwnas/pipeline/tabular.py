"""A search on a published benchmark: accuracies and latencies are looked up, nothing is built."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwnas.accuracy import Benchmark, BenchmarkTable
from hwnas.errors import NoNetworkFitsError
from hwnas.progress import OnProgress, Progress, silent
from hwnas.search import SearchTerms, Strategy, strategy_named
from hwnas.search.told import best_scored, expected_of
from hwnas.space import Architecture

N_QUERIES = 420
"""Distinct networks that may be asked for, unless a search says otherwise."""
N_RANKED = 10
"""Networks of the best scores that are asked for after the strategy, while queries are left."""
TIE = 0.002
"""Cheap accuracies this near to the best are tied: one standard error of 85 % on 25,000 images."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TabularProblem:
    """What is searched: a benchmark, a device among its columns or none, and a limit."""

    table: BenchmarkTable
    data: str | None = None
    """Whose accuracies, where the table holds those of several data sets."""
    latencies_ms: Mapping[Architecture, float] | None = None
    limit_ms: float | None = None

    def __post_init__(self) -> None:
        if self.limit_ms is not None and self.latencies_ms is None:
            raise ValueError(f"{self.limit_ms=} needs latencies")

    def source(self) -> Benchmark:
        """The accuracies, none asked for yet."""
        return self._unasked.fresh()

    def latency_ms(self, architecture: Architecture) -> float:
        """The table's; infinite where it has none."""
        return (self.latencies_ms or {}).get(architecture, math.inf)

    @cached_property
    def _unasked(self) -> Benchmark:
        return Benchmark(self.table, self.data)

    @cached_property
    def fitting(self) -> frozenset[Architecture]:
        """Every network of the table within the limit."""
        limit_ms = math.inf if self.limit_ms is None else self.limit_ms
        every = self.source().architectures
        return frozenset(a for a in every if self.latency_ms(a) <= limit_ms)

    @cached_property
    def best_accuracy(self) -> float:
        """The full accuracy of the best network that fits, which no search knows."""
        return max(map(self.source().true_accuracy, self.fitting))

    def best_scored(self, scores: Mapping[str, Mapping[str, float]]) -> list[Architecture]:
        """``N_RANKED`` networks that fit, best score first."""
        return best_scored(self.fitting, self.table.encoding.decisions, scores, N_RANKED)

    def refuse_hopeless(self) -> None:
        """Fail before any query where no network fits.

        Raises:
            NoNetworkFitsError: The fastest network is over the limit.
        """
        if self.fitting:
            return
        fastest_ms = min(map(self.latency_ms, self.source().architectures), default=math.inf)
        raise NoNetworkFitsError(
            f"No network of {self.table.path} fits {self.limit_ms:g} ms: the fastest takes "
            f"{fastest_ms:.4g} ms. Raise --latency or name another column with --device."
        )


@dataclass(frozen=True)
class Learned:
    """The score of every option, and the cheap accuracy of each network asked for."""

    scores: Mapping[str, Mapping[str, float]]
    told: Mapping[Architecture, float]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The network a search chose; ``cheap_accuracy`` is ``None`` where it was never asked for."""

    architecture: Architecture
    cheap_accuracy: float | None
    source: Benchmark
    """With what was asked of it."""
    learned: Learned


def search_benchmark(
    problem: TabularProblem,
    strategy: str,
    *,
    seed: int,
    n_queries: int = N_QUERIES,
    on_progress: OnProgress = silent,
) -> Found:
    """Ask, tell and choose; the strategy runs as it would on networks that are trained.

    Of the networks asked for that fit, the most accurate by the cheap accuracy is chosen. Under a
    latency limit those within ``TIE`` of it are tied, and the slowest wins: a short training
    undervalues large networks, and time within the budget costs nothing. If none that was asked
    for fits, as can be with DDPNAS, it is the one of the best score that does.

    Raises:
        NoNetworkFitsError: No network keeps the limit.
        UnknownNameError: No such strategy.
    """
    terms = SearchTerms(n_asks=n_queries, fits=problem.fitting.__contains__)
    decisions = problem.table.encoding.decisions
    searching = strategy_named(strategy, decisions, np.random.default_rng(seed), terms)
    problem.refuse_hopeless()
    source = problem.source()
    told = _told(searching, source, n_queries, on_progress)
    ranked = problem.best_scored(searching.scores) if source.n_queries < n_queries else []
    for architecture in ranked:
        if _may_ask(source, architecture, n_queries):
            told[architecture] = source.accuracy(architecture)
    fitting = {a: accuracy for a, accuracy in told.items() if a in problem.fitting}
    if fitting:
        chosen = _best(problem, fitting, source)
    else:
        (chosen, *_) = problem.best_scored(searching.scores)
    return Found(
        architecture=chosen,
        cheap_accuracy=fitting.get(chosen),
        source=source,
        learned=Learned(searching.scores, told),
    )


def search_learned(problem: TabularProblem, learned: Learned) -> Found:
    """Choose for another limit or device by what an earlier search learned, asking for nothing.

    Of the ``N_RANKED`` networks of the best scores that fit and all that were asked for and fit,
    it is the one of which a regression over what was told expects most.

    Raises:
        NoNetworkFitsError: No network keeps the limit.
    """
    problem.refuse_hopeless()
    known = [architecture for architecture in learned.told if architecture in problem.fitting]
    candidates = list(dict.fromkeys([*problem.best_scored(learned.scores), *known]))
    expected = expected_of(candidates, problem.table.encoding.decisions, learned.told)
    chosen = candidates[int(expected.argmax())]
    return Found(
        architecture=chosen,
        cheap_accuracy=learned.told.get(chosen),
        source=problem.source(),
        learned=learned,
    )


def _told(
    searching: Strategy, source: Benchmark, n_queries: int, on_progress: OnProgress
) -> dict[Architecture, float]:
    told: dict[Architecture, float] = {}
    while not searching.finished:
        asked = searching.ask()
        if not _may_ask(source, asked, n_queries):
            break
        told[asked] = source.accuracy(asked)
        searching.tell(asked, told[asked])
        note = f"best {max(told.values()):.4f}"
        on_progress(Progress("search", searching.n_asked, searching.n_asks, note))
    return told


def _may_ask(source: Benchmark, architecture: Architecture, n_queries: int) -> bool:
    return source.was_asked(architecture) or source.n_queries < n_queries


def _best(
    problem: TabularProblem, told: Mapping[Architecture, float], source: Benchmark
) -> Architecture:
    is_cheap = source.columns.cheap != source.columns.full
    tie = TIE if is_cheap and problem.limit_ms is not None else 0.0
    least = max(told.values()) - tie
    tied = [architecture for architecture, accuracy in told.items() if accuracy >= least]
    return max(tied, key=lambda a: (tie and problem.latency_ms(a), told[a], a.choices))
