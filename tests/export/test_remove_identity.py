"""Graphs after their Identity nodes are gone compute what they computed before."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from hwnas.device import DeviceSpec
from hwnas.errors import ExportError
from hwnas.export import OPSET, remove_identity, to_onnx
from hwnas.measure.engine import engine_named

IMAGE = np.array([1.0, -2.0], np.float32)


def identity(source: str, target: str) -> NodeProto:
    return make_node("Identity", [source], [target])


def graph(*nodes: NodeProto) -> onnx.ModelProto:
    """From ``x`` to ``y``, with a weight ``w``."""
    x, y = (make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    weight = onnx.numpy_helper.from_array(np.array([3.0, 5.0], np.float32), "w")
    opset = [make_opsetid("", OPSET)]
    return make_model(
        make_graph(nodes, "g", [x], [y], [weight]), opset_imports=opset, ir_version=9
    )


GRAPHS = {
    "of the input": (identity("x", "a"), make_node("Neg", ["a"], ["y"])),
    "of another": (identity("x", "a"), identity("a", "b"), make_node("Neg", ["b"], ["y"])),
    "read twice": (identity("x", "a"), make_node("Add", ["a", "a"], ["y"])),
    "of a weight": (identity("w", "v"), make_node("Add", ["x", "v"], ["y"])),
    "of a weight's": (
        identity("w", "u"),
        identity("u", "v"),
        make_node("Add", ["x", "v"], ["y"]),
    ),
    "before the output": (make_node("Neg", ["x"], ["a"]), identity("a", "y")),
    "twice before the output": (
        make_node("Neg", ["x"], ["a"]),
        identity("a", "b"),
        identity("b", "y"),
    ),
    "of a weight, as the output": (make_node("Neg", ["x"], ["a"]), identity("w", "y")),
    "of the input, as the output": (identity("x", "y"),),
}
every_graph = pytest.mark.parametrize("nodes", GRAPHS.values(), ids=GRAPHS)


def answer(model: onnx.ModelProto, device: DeviceSpec) -> NDArray[np.float32]:
    plain = replace(device, optimization_level="disabled")
    return engine_named("onnxruntime").load(model.SerializeToString(), plain)(IMAGE)


@every_graph
def test_the_answer_stays(simulated: DeviceSpec, nodes: tuple[NodeProto, ...]) -> None:
    model = graph(*nodes)
    before = answer(model, simulated)
    remove_identity(model)
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_array_equal(answer(model, simulated), before)


@every_graph
def test_an_identity_stays_only_to_make_the_output(nodes: tuple[NodeProto, ...]) -> None:
    model = graph(*nodes)
    remove_identity(model)
    left = [node for node in model.graph.node if node.op_type == "Identity"]
    assert all(list(node.output) == ["y"] for node in left)


def test_a_second_removal_changes_nothing() -> None:
    model = graph(*GRAPHS["of a weight's"])
    remove_identity(model)
    once = model.SerializeToString()
    remove_identity(model)
    assert model.SerializeToString() == once


def test_copies_of_a_weight_hold_its_values() -> None:
    model = graph(*GRAPHS["of a weight"])
    remove_identity(model)
    copy = next(tensor for tensor in model.graph.initializer if tensor.name == "v")
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(copy), [3.0, 5.0])


class Unexportable(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        solution: torch.Tensor = torch.linalg.lstsq(images, images)[0]
        return solution


def test_a_network_that_torch_cannot_export_is_refused() -> None:
    with pytest.raises(ExportError, match=r"did not become ONNX: .*lstsq"):
        to_onnx(Unexportable(), (1, 1, 4, 4))


def test_an_export_fixes_the_shape_of_its_input() -> None:
    model = to_onnx(torch.nn.Flatten(), (3, 1, 4, 4))
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in dims] == [3, 1, 4, 4]


def test_an_export_leaves_the_network_ready_to_answer() -> None:
    network = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Flatten())
    to_onnx(network.train(), (1, 1, 2, 2))
    assert not network.training
