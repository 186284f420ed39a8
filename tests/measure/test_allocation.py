"""What ONNX Runtime says it allocates, against graphs whose tensors can be counted by hand."""

from dataclasses import replace
from itertools import pairwise

import onnx
import pytest
from onnx import TensorProto, helper

from hwnas.device import load_device
from hwnas.errors import MeasurementError
from hwnas.measure.target import HERE

DEVICE = replace(load_device("x86-cpu"), precision="float32")
allocated_bytes = HERE.allocated_bytes
N_BYTES = 4 * 1024
"""Of every tensor."""


def chain(n_nodes: int, *, rejoin: bool = False) -> bytes:
    """Sines of sines; ``rejoin`` adds the first to the last, so that it lives all along."""
    names = ["input", *(f"t{i}" for i in range(n_nodes))]
    nodes = [helper.make_node("Sin", [a], [b]) for a, b in pairwise(names)]
    if rejoin:
        nodes.append(helper.make_node("Add", [names[1], names[-1]], ["sum"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1024])
        for name in ("input", nodes[-1].output[0])
    ]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("n_nodes", [2, 3, 8])
def test_a_chain_holds_two_tensors_however_long(n_nodes: int) -> None:
    assert allocated_bytes(chain(n_nodes), DEVICE) == 2 * N_BYTES


def test_a_tensor_read_again_later_stays_alive() -> None:
    assert allocated_bytes(chain(4, rejoin=True), DEVICE) == 3 * N_BYTES


def test_an_earlier_larger_model_leaves_nothing_behind() -> None:
    small = chain(3)
    before = allocated_bytes(small, DEVICE)
    allocated_bytes(chain(6, rejoin=True), DEVICE)
    assert allocated_bytes(small, DEVICE) == before


def test_no_model_is_no_measurement() -> None:
    with pytest.raises(MeasurementError, match="refuses the model on 'x86-cpu'"):
        allocated_bytes(b"no model", DEVICE)
