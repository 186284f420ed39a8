"""The best networks within a budget: an exact multiple-choice knapsack over a space's walk."""

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwnas.search.priced_graph import (
    LARGEST_COUNT,
    Allows,
    Move,
    Price,
    Scores,
    allow_all,
    price_graph,
)
from hwnas.search.suffix_front import (
    Cost,
    Front,
    Fronts,
    suffix_fronts,
    walks_on_front,
    without_twins,
)
from hwnas.search.surrogate import binding_weights, weighted_price
from hwnas.space import Architecture, Space


@dataclass(frozen=True)
class Candidate:
    """A network, the sum of its options' scores, and each price summed over its blocks.

    The costs are plain sums over ``blocks_of``, in its order; the score is exact to round-off.
    """

    architecture: Architecture
    score: float
    costs: tuple[float, ...]

    def keeps(self, limits: Sequence[float]) -> bool:
        """Whether each cost is at most its limit."""
        return all(cost <= limit for cost, limit in zip(self.costs, limits, strict=True))


@dataclass(frozen=True, eq=False)
class _Relaxation:
    """One necessary condition: this cost of the whole walk is at most ``limit``."""

    cost: Cost
    fronts: Fronts
    limit: float


@dataclass(frozen=True, slots=True)
class _Prefix:
    state: int
    score: float
    spent: tuple[float, ...]
    moves: tuple[Move, ...]


class Generator:
    """Network generation for any budget from one set of scores.

    DDPNAS (Zheng et al., IJCV 2023) calls this efficient network generation; here it is exact,
    and a block may cost what earlier decisions make it cost. The work that no budget changes is
    done once, here.
    """

    def __init__(
        self, space: Space, scores: Scores, prices: Sequence[Price], allows: Allows = allow_all
    ) -> None:
        """Price every block of ``space``.

        Only networks all of whose blocks ``allows`` says yes to exist: a limit on the largest
        block, such as a peak of memory, is a condition on each block alone.

        Raises:
            ValueError: A missing or infinite value, or no network of allowed blocks.
        """
        if not prices:
            raise ValueError("give at least one price; without one, take every best option")
        self._graph = price_graph(space, scores, prices, allows)
        self._fronts = tuple(suffix_fronts(self._graph, _cost_of(j)) for j in range(len(prices)))

    @property
    def expects_accuracies(self) -> bool:
        """No: a score is a sum over options."""
        return False

    @property
    def hypervolumes(self) -> Sequence[float]:
        """None: the front is exact."""
        return ()

    def best(self, limits: Sequence[float]) -> Iterator[Candidate]:
        """Every network that fits, best score first, one by one; none if none fits.

        Best-first search over prefixes. A prefix waits at the score it has plus the smallest
        bound any front gives for the rest. With one price that bound is exact, so nothing is
        searched in vain; with several it is not, and limits that no network keeps together,
        though each alone, can take long to refute.

        Args:
            limits: One a price, in the price's unit; infinity for no limit.

        Raises:
            ValueError: Another number of limits than prices, or one is no number.
        """
        n_prices = len(self._fronts)
        if len(limits) != n_prices or any(not limit > -math.inf for limit in limits):
            raise ValueError(f"expected {n_prices} limits, one a price, got {list(limits)}")
        return self._search(limits)

    def priced(self, architecture: Architecture) -> Candidate | None:
        """This network's score and costs; nothing if it holds a block that is not allowed."""
        walk: list[Move] = []
        for layer, option in zip(self._graph.layers, ("", *architecture.choices, ""), strict=True):
            state = walk[-1].target if walk else 0
            found = [move for move in layer[state] if move.option == option]
            if not found:
                return None
            walk += found
        return self._candidate(walk)

    def front(self) -> list[Candidate]:
        """The whole front of first price and score, cheapest first, without round-off's twins."""
        return [self._candidate(walk) for walk in self._walks(0, slice(None))]

    def cheapest(self, price_index: int) -> Candidate:
        """The network that costs least by one price; of those, one of the best score."""
        return self._candidate(self._walks(price_index, slice(1))[0])

    def _walks(self, price_index: int, places: slice) -> list[tuple[Move, ...]]:
        fronts, cost = self._fronts[price_index], _cost_of(price_index)
        points = without_twins(fronts[0][0], self._graph.n_roundings)
        chosen = Front(points.costs[places], points.scores[places])
        return walks_on_front(self._graph, fronts, cost, chosen)

    def _search(self, limits: Sequence[float]) -> Iterator[Candidate]:
        relaxations = self._relaxations(limits)
        serial = itertools.count()
        root = _root(relaxations)
        waiting = [(-_bound(root, relaxations), 0, next(serial), root)]
        while waiting and waiting[0][0] < math.inf:
            prefix = heapq.heappop(waiting)[-1]
            depth = len(prefix.moves)
            if depth < len(self._graph.layers):
                for move in self._graph.layers[depth][prefix.state]:
                    longer = _extended(prefix, move, relaxations)
                    bound = _bound(longer, relaxations)
                    if bound > -math.inf:
                        heapq.heappush(waiting, (-bound, -depth, next(serial), longer))
                continue
            candidate = self._candidate(prefix.moves)
            if candidate.keeps(limits):
                yield candidate

    def _relaxations(self, limits: Sequence[float]) -> list[_Relaxation]:
        """One a price; with several also a weighted sum, which binds where they bind together."""
        graph = self._graph
        counts = [
            min(grid.count(limit), LARGEST_COUNT) + graph.n_roundings
            for grid, limit in zip(graph.price_grids, limits, strict=True)
        ]
        single = [
            _Relaxation(_cost_of(j), fronts, count)
            for j, (fronts, count) in enumerate(zip(self._fronts, counts, strict=True))
        ]
        if len(single) == 1 or _bound(_root(single), single) == -math.inf:
            return single
        price = weighted_price(graph, binding_weights(graph, counts))
        if sum(weight > 0 for weight in price.weights) < 2:
            return single
        limit = price.limit(counts, len(graph.layers))
        return [*single, _Relaxation(price.cost, suffix_fronts(graph, price.cost), limit)]

    def _candidate(self, walk: Sequence[Move]) -> Candidate:
        blocks = [block for move in walk for block in move.blocks]
        return Candidate(
            architecture=Architecture(tuple(move.option for move in walk[1:-1])),
            score=sum(move.score for move in walk) * self._graph.score_grid.unit,
            costs=tuple(
                float(sum(known[block] for block in blocks)) for known in self._graph.block_prices
            ),
        )


def _cost_of(price_index: int) -> Cost:
    return lambda move: move.costs[price_index]


def _root(relaxations: Sequence[_Relaxation]) -> _Prefix:
    return _Prefix(0, 0.0, (0.0,) * len(relaxations), ())


def _bound(prefix: _Prefix, relaxations: Sequence[_Relaxation]) -> float:
    depth = len(prefix.moves)
    return prefix.score + min(
        relaxation.fronts[depth][prefix.state].best_score(relaxation.limit - spent)
        for relaxation, spent in zip(relaxations, prefix.spent, strict=True)
    )


def _extended(prefix: _Prefix, move: Move, relaxations: Sequence[_Relaxation]) -> _Prefix:
    spent = tuple(
        spent + relaxation.cost(move)
        for relaxation, spent in zip(relaxations, prefix.spent, strict=True)
    )
    return _Prefix(move.target, prefix.score + move.score, spent, (*prefix.moves, move))
