"""From places to a network: order, dead ends, wires."""

import pytest

from hwnas.block import AddSpec, DispatchSpec
from hwnas.space import IMAGE, PlacedBlock, Wire, as_network, wired


def block(size: int) -> DispatchSpec:
    return DispatchSpec(input_size=size)


ADD = AddSpec(input_size=1, in_channels=8, n_inputs=2)


def test_blocks_without_inputs_are_a_chain_from_the_image() -> None:
    network = wired([PlacedBlock("a", block(1)), PlacedBlock("b", block(2))])
    assert network.blocks == (block(1), block(2))
    assert network.inputs == ((IMAGE,), (0,))


def test_a_row_of_blocks_is_a_chain_and_a_network_stays_one() -> None:
    network = as_network([block(1), block(2)])
    assert network.inputs == ((IMAGE,), (0,)) and as_network(network) is network


def test_each_block_stands_after_those_it_reads_whatever_the_order_told() -> None:
    network = wired(
        [
            PlacedBlock("a", block(1)),
            PlacedBlock("sum", ADD, ("c", "b")),
            PlacedBlock("b", block(2), ("a",)),
            PlacedBlock("c", block(3), ("b",)),
            PlacedBlock("end", block(4), ("sum",)),
        ]
    )
    assert network.positions == ("a", "b", "c", "sum", "end")
    assert network.inputs == ((IMAGE,), (0,), (1,), (2, 1), (3,))


def test_a_wire_is_what_it_leads_to() -> None:
    wires = (Wire("w", "a"), Wire("v", "w"))
    places = (PlacedBlock("a", block(1)), *wires, PlacedBlock("sum", ADD, ("v", "w")))
    assert wired(places).inputs == ((IMAGE,), (0, 0))


def test_what_nothing_reads_is_left_out() -> None:
    places = [PlacedBlock("a", block(1)), PlacedBlock("dead", block(2), ("a",))]
    assert wired([*places, PlacedBlock("end", block(3), ("a",))]).positions == ("a", "end")


def test_two_blocks_at_one_position_are_refused() -> None:
    with pytest.raises(ValueError, match="same position"):
        wired([PlacedBlock("a", block(1)), PlacedBlock("a", block(2))])


def test_reading_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing stands at 'b'"):
        wired([PlacedBlock("a", block(1)), PlacedBlock("end", block(2), ("b",))])
