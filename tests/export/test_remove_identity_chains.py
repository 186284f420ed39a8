"""Identities that follow one another leave every reader with a weight of its own."""

import numpy as np
import onnx
import pytest

from hwnas.export import OPSET, remove_identity


@pytest.fixture
def cleaned() -> onnx.ModelProto:
    """``relu(x + w + w2 + w3)``, where ``w2`` and ``w3`` were the same weight passed on."""
    node, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [
            node("Identity", ["w"], ["w2"]),
            node("Identity", ["w2"], ["w3"]),
            node("Add", ["x", "w"], ["a"]),
            node("Add", ["a", "w2"], ["b"]),
            node("Add", ["b", "w3"], ["c"]),
            node("Identity", ["c"], ["d"]),
            node("Identity", ["d"], ["e"]),
            node("Relu", ["e"], ["y"]),
        ],
        "g",
        [value("x", onnx.TensorProto.FLOAT, [1])],
        [value("y", onnx.TensorProto.FLOAT, [1])],
        [onnx.numpy_helper.from_array(np.ones(1, np.float32), "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)])
    remove_identity(model)
    return model


def test_a_weight_passed_on_twice_is_copied_twice(cleaned: onnx.ModelProto) -> None:
    assert {tensor.name for tensor in cleaned.graph.initializer} == {"w", "w2", "w3"}


def test_readers_after_two_identities_read_what_the_first_read(cleaned: onnx.ModelProto) -> None:
    read = [list(node.input) for node in cleaned.graph.node]
    assert read == [["x", "w"], ["a", "w2"], ["b", "w3"], ["c"]]


def test_the_graph_stays_valid(cleaned: onnx.ModelProto) -> None:
    onnx.checker.check_model(cleaned, full_check=True)
