"""The audit on hand-made graphs: what is float, what is heavy, and why."""

import onnx
import pytest
from onnx import NodeProto, TensorProto
from onnx.helper import make_graph, make_model, make_node, make_tensor, make_tensor_value_info

from hwnas.errors import QuantizeError
from hwnas.quantize import check_integer, float_operators

INITIALIZERS = ("scale", "zero", "weight", "bias")


def node(operator: str, inputs: str, output: str) -> NodeProto:
    return make_node(operator, inputs.split(), [output], name=f"the {operator}")


def quantized(source: str, target: str) -> NodeProto:
    return node("QuantizeLinear", f"{source} scale zero", target)


def dequantized(source: str, target: str) -> NodeProto:
    return node("DequantizeLinear", f"{source} scale zero", target)


def graph(*nodes: NodeProto, input_type: int = TensorProto.FLOAT) -> onnx.ModelProto:
    x = make_tensor_value_info("x", input_type, [1])
    y = make_tensor_value_info("y", TensorProto.FLOAT, [1])
    tensors = [make_tensor(name, TensorProto.FLOAT, [1], [1.0]) for name in INITIALIZERS]
    return make_model(make_graph(nodes, "g", [x], [y], tensors))


def refusal(*nodes: NodeProto) -> str:
    with pytest.raises(QuantizeError) as raised:
        check_integer(graph(*nodes))
    return str(raised.value)


def test_what_runs_between_integers_is_not_float() -> None:
    model = graph(quantized("x", "a"), node("QLinearConv", "a weight", "b"), dequantized("b", "y"))
    assert float_operators(model) == []


def test_what_reads_the_float_image_is_float() -> None:
    model = graph(node("Relu", "x", "a"), quantized("a", "y"))
    assert float_operators(model) == [("Relu", "the Relu")]


def test_what_reads_an_integer_image_is_not_float() -> None:
    assert float_operators(graph(node("Relu", "x", "y"), input_type=TensorProto.UINT8)) == []


def test_what_reads_dequantized_values_is_float() -> None:
    model = graph(quantized("x", "a"), dequantized("a", "b"), node("Mul", "b b", "y"))
    assert float_operators(model) == [("Mul", "the Mul")]


def test_floats_are_followed_from_operator_to_operator() -> None:
    model = graph(node("Relu", "x", "a"), node("Mul", "a a", "b"), node("Neg", "b", "y"))
    assert [operator for operator, _ in float_operators(model)] == ["Relu", "Mul", "Neg"]


def test_light_operators_are_listed_by_name() -> None:
    assert check_integer(graph(node("Mul", "x x", "y"))) == ["Mul the Mul"]


@pytest.mark.parametrize(
    "operator",
    ["Conv", "FusedConv", "ConvTranspose", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"],
)
def test_a_product_in_float_is_refused_by_name(operator: str) -> None:
    message = refusal(node(operator, "x weight", "y"))
    assert message.startswith(f"{operator} 'the {operator}' would run in float (1 such)")
    assert "export with --precision float32" in message


def test_products_in_float_are_counted_without_the_light_operators() -> None:
    nodes = (node("Mul", "x x", "a"), node("Conv", "a weight", "b"), node("Gemm", "b weight", "y"))
    assert refusal(*nodes).startswith("Conv 'the Conv' would run in float (2 such)")


def test_a_float_weight_is_the_reason() -> None:
    nodes = (quantized("x", "a"), dequantized("a", "b"), node("Conv", "b weight", "y"))
    assert "its weight 'weight' was not quantized" in refusal(*nodes)


def test_a_float_bias_is_the_reason() -> None:
    nodes = (
        quantized("x", "a"),
        dequantized("a", "b"),
        dequantized("weight", "v"),
        node("Conv", "b v bias", "y"),
    )
    assert "its bias 'bias' was not quantized" in refusal(*nodes)


def test_a_float_operator_in_front_is_the_reason() -> None:
    nodes = (node("Relu", "x", "a"), dequantized("weight", "v"), node("Conv", "a v", "y"))
    assert "its input 'a' comes from a float operator" in refusal(*nodes)


def test_an_output_in_float_is_the_reason() -> None:
    nodes = (
        quantized("x", "a"),
        dequantized("a", "b"),
        dequantized("weight", "v"),
        node("Conv", "b v", "y"),
    )
    assert "its output is not quantized" in refusal(*nodes)
