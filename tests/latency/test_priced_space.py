"""Many architectures at once cost what each of them costs alone."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hwnas.block import BlockSpec
from hwnas.latency import PricedSpace
from hwnas.space import Architecture, Space, blocks_of, random_architecture, space_named


class Formula:
    """Prices of no table."""

    constant_ms = 0.125

    def block_ms(self, block: BlockSpec) -> float:
        return block.n_macs / 1e6 + block.input_size / 64

    def n_estimated(self, blocks: Sequence[BlockSpec]) -> int:
        return 0 * len(blocks)

    def predict_ms(self, blocks: Sequence[BlockSpec]) -> float:
        return self.constant_ms + sum(map(self.block_ms, blocks))


MODEL = Formula()


def priced(space: Space, drawn: Sequence[Architecture]) -> NDArray[np.float64]:
    """Architectures as the places of their options, all at once."""
    options = [
        [d.options.index(c) for d, c in zip(space.decisions, a.choices, strict=True)]
        for a in drawn
    ]
    return PricedSpace(space, MODEL.block_ms, MODEL.constant_ms).price(np.array(options))


@pytest.fixture(params=["mobilenet", "nasbench-macro", "mobilenetv2"])
def space(request: pytest.FixtureRequest) -> Space:
    return space_named(request.param, input_size=32, in_channels=3, n_classes=10)


def test_a_thousand_at_once_cost_what_each_costs_alone(space: Space) -> None:
    rng = np.random.default_rng(0)
    drawn = [random_architecture(space, rng) for _ in range(1000)]
    alone = [MODEL.predict_ms(blocks_of(space, a)) for a in drawn]
    np.testing.assert_allclose(priced(space, drawn), alone)


def test_the_reach_holds_every_network(space: Space) -> None:
    rng = np.random.default_rng(1)
    fastest, slowest = PricedSpace(space, MODEL.block_ms, MODEL.constant_ms).reach()
    drawn = [random_architecture(space, rng) for _ in range(300)]
    prices = priced(space, drawn)
    assert fastest <= prices.min() + 1e-9 and prices.max() <= slowest + 1e-9


def test_the_reach_of_a_small_space_is_that_of_all_its_networks(small_space: Space) -> None:
    priced = PricedSpace(small_space, MODEL.block_ms, MODEL.constant_ms)
    sizes = [len(decision.options) for decision in small_space.decisions]
    grid = np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1)
    prices = priced.price(grid.reshape(-1, len(sizes)))
    assert priced.reach() == pytest.approx((prices.min(), prices.max()))


def test_another_number_of_decisions_is_refused(small_space: Space) -> None:
    with pytest.raises(ValueError, match="decisions a row"):
        PricedSpace(small_space, MODEL.block_ms, MODEL.constant_ms).price(
            np.zeros((2, 1), dtype=int)
        )


@pytest.mark.parametrize("option", [-1, 99])
def test_an_option_that_no_decision_has_is_refused(small_space: Space, option: int) -> None:
    options = np.zeros((2, len(small_space.decisions)), dtype=int)
    options[1, -1] = option
    with pytest.raises(ValueError, match="expected options below"):
        PricedSpace(small_space, MODEL.block_ms, MODEL.constant_ms).price(options)
