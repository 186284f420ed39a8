"""Small random spaces whose blocks cost more or less as earlier decisions were made."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hwnas.block import BlockSpec, DispatchSpec
from hwnas.space import Architecture, Decision, PlacedBlock, Places, Space, blocks_of

Price = Callable[[BlockSpec], float]
Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class ToySpace:
    """States are 0, 1 and 2; each block is told apart by its input size."""

    decisions: tuple[Decision, ...]
    moves: Mapping[tuple[int, int, str], tuple[int, Places]]
    ends: Mapping[int, Places]
    name: str = "toy"

    def start(self) -> tuple[int, Places]:
        return 0, (PlacedBlock("start", DispatchSpec(input_size=1)),)

    def step(self, index: int, state: int, option: str) -> tuple[int, Places]:
        return self.moves[index, state, option]

    def finish(self, state: int) -> Places:
        return self.ends[state]

    def to_json(self) -> Mapping[str, Any]:
        return {"family": self.name}


@pytest.fixture
def toy_space() -> Callable[[np.random.Generator], Space]:
    def make(rng: np.random.Generator) -> Space:
        sizes = itertools.count(2)

        def blocks() -> Places:
            blocks = [DispatchSpec(input_size=next(sizes)) for _ in range(rng.integers(3))]
            return tuple(PlacedBlock(str(block.input_size), block) for block in blocks)

        decisions = tuple(
            Decision(f"d{i}", tuple("abcd"[: rng.integers(1, 5)]))
            for i in range(rng.integers(1, 5))
        )
        moves = {
            (i, state, option): (int(rng.integers(3)), blocks())
            for i, decision in enumerate(decisions)
            for state in range(3)
            for option in decision.options
        }
        return ToySpace(decisions, moves, {state: blocks() for state in range(3)})

    return make


@pytest.fixture
def toy_values() -> Callable[[Space, int, np.random.Generator], tuple[Scores, list[Price]]]:
    """Scores and prices with and without ties, of any sign, in steps that floats cannot hold."""

    def make(space: Space, n_prices: int, rng: np.random.Generator) -> tuple[Scores, list[Price]]:
        scores = {
            d.name: dict(zip(d.options, _numbers(len(d.options), rng), strict=True))
            for d in space.decisions
        }
        tables = [_numbers(500, rng) for _ in range(n_prices)]
        return scores, [lambda b, t=t: t[b.input_size] for t in tables]  # type: ignore[misc]

    return make


@pytest.fixture
def every_network() -> Callable[
    [Space, Scores, Sequence[Price]], list[tuple[Architecture, float, tuple[float, ...]]]
]:
    def enumerate_space(
        space: Space, scores: Scores, prices: Sequence[Price]
    ) -> list[tuple[Architecture, float, tuple[float, ...]]]:
        found = []
        for choices in itertools.product(*(d.options for d in space.decisions)):
            blocks = blocks_of(space, Architecture(choices))
            score = sum(scores[d.name][o] for d, o in zip(space.decisions, choices, strict=True))
            costs = tuple(float(sum(price(block) for block in blocks)) for price in prices)
            found.append((Architecture(choices), score, costs))
        return found

    return enumerate_space


def _numbers(n: int, rng: np.random.Generator) -> list[float]:
    kind = rng.integers(4)
    if kind == 0:
        return [float(value) for value in rng.random(n)]
    if kind == 1:
        return [int(value) * 0.1 for value in rng.integers(0, 6, n)]
    if kind == 2:
        return [int(value) * 0.3 for value in rng.integers(-3, 6, n)]
    return [float(value) for value in rng.integers(1, 1000, n) * 10**6]
