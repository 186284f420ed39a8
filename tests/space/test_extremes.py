"""The dearest and cheapest network, against all networks of a small space."""

from itertools import product

import pytest

from hwnas.block import BlockSpec
from hwnas.space import Architecture, Space, blocks_of, cheapest, dearest
from hwnas.space.nasbench201 import Nasbench201Space
from hwnas.space.nasbench_macro import NasbenchMacroSpace


def macs(block: BlockSpec) -> float:
    return block.n_macs


def parameters(block: BlockSpec) -> float:
    return block.n_parameters


@pytest.mark.parametrize("cost", [macs, parameters])
def test_no_network_costs_more_or_less(small_space: Space, cost: object) -> None:
    price = macs if cost is macs else parameters

    def total(architecture: Architecture) -> float:
        return sum(map(price, blocks_of(small_space, architecture)))

    every = [total(Architecture(c)) for c in product(*(d.options for d in small_space.decisions))]
    assert total(dearest(small_space, price)) == max(every)
    assert total(cheapest(small_space, price)) == min(every)


def test_the_dearest_macro_network_is_all_of_the_largest_blocks() -> None:
    assert dearest(NasbenchMacroSpace(), macs) == Architecture(("k5e6",) * 8)


def test_the_dearest_cell_is_all_convolutions() -> None:
    assert dearest(Nasbench201Space(), macs) == Architecture(("nor_conv_3x3",) * 6)


def test_of_equals_the_earlier_options_are_taken(small_space: Space) -> None:
    first = Architecture(tuple(d.options[0] for d in small_space.decisions))
    assert dearest(small_space, lambda _: 0.0) == first == cheapest(small_space, lambda _: 0.0)
