"""torch becomes ONNX without loss, and without what hides weights from the quantizer."""

from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from hwnas.device import DeviceSpec
from hwnas.export import OPSET, remove_identity, to_onnx
from hwnas.measure.engine import engine_named
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.space import Space, blocks_of, random_architecture, space_named
from hwnas.verify import check_agreement


def exported(space: Space, seed: int) -> tuple[torch.nn.Module, onnx.ModelProto]:
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(seed))
    return network, to_onnx(network, input_shape(blocks, 2))


def tiny(name: str = "mobilenet", **settings: object) -> Space:
    space = space_named(name, input_size=8, in_channels=3, n_classes=5)
    return replace(space, **settings) if settings else space  # type: ignore[type-var]


@pytest.mark.parametrize("seed", range(4))
def test_onnx_runtime_computes_what_torch_does(simulated: DeviceSpec, seed: int) -> None:
    network, model = exported(tiny(), seed)
    runner = engine_named("onnxruntime").load(model.SerializeToString(), simulated)
    images = np.random.default_rng(seed).standard_normal((2, 3, 8, 8)).astype(np.float32)
    assert check_agreement(network, runner, images) <= 1e-4


def test_attention_and_hard_swish_are_exported_too(simulated: DeviceSpec) -> None:
    network, model = exported(tiny(activation="hard_swish", se_ratio=0.25), 0)
    runner = engine_named("onnxruntime").load(model.SerializeToString(), simulated)
    images = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(np.float32)
    assert check_agreement(network, runner, images) <= 1e-4


def test_batch_norm_is_folded_and_no_identity_is_left() -> None:
    operators = Counter(node.op_type for node in exported(tiny("nasbench-macro"), 1)[1].graph.node)
    assert operators["Conv"] > 0
    assert not operators.keys() & {"BatchNormalization", "Identity"}


def test_the_opset_is_the_stated_one() -> None:
    assert exported(tiny(), 0)[1].opset_import[0].version == OPSET


def graph_with(nodes: list[onnx.NodeProto], bias: bool = False) -> onnx.ModelProto:
    value = onnx.helper.make_tensor_value_info
    weights = [onnx.numpy_helper.from_array(np.ones(1, np.float32), "w")] if bias else []
    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [value("x", onnx.TensorProto.FLOAT, [1])],
        [value("y", onnx.TensorProto.FLOAT, [1])],
        weights,
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)])


def test_a_shared_weight_becomes_a_copy_of_its_own() -> None:
    node = onnx.helper.make_node
    model = graph_with(
        [
            node("Identity", ["w"], ["w2"]),
            node("Add", ["x", "w"], ["a"]),
            node("Add", ["a", "w2"], ["y"]),
        ],
        bias=True,
    )
    remove_identity(model)
    assert [n.op_type for n in model.graph.node] == ["Add", "Add"]
    assert {tensor.name for tensor in model.graph.initializer} == {"w", "w2"}
    onnx.checker.check_model(model)


def test_an_identity_between_operators_disappears() -> None:
    node = onnx.helper.make_node
    model = graph_with(
        [node("Relu", ["x"], ["a"]), node("Identity", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    )
    remove_identity(model)
    assert [list(n.input) for n in model.graph.node] == [["x"], ["a"]]


def test_an_identity_that_makes_the_output_stays() -> None:
    model = graph_with([onnx.helper.make_node("Identity", ["x"], ["y"])])
    remove_identity(model)
    assert len(model.graph.node) == 1
