"""Which operators of an int8 model the engine still runs in float."""

from collections import Counter

import onnx

from hwnas.errors import QuantizeError

HEAVY = {"Conv", "FusedConv", "ConvTranspose", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"}
"""Convolutions and matrix products: one of these in float costs more than int8 saves."""


def float_operators(optimized: onnx.ModelProto) -> list[tuple[str, str]]:
    """``(operator, name)`` of every node that computes on float activations.

    Args:
        optimized: The graph the engine runs, after its optimizations.
    """
    graph = optimized.graph
    floats = {
        value.name
        for value in graph.input
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    }
    found = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            floats.update(node.output)
        elif node.op_type != "QuantizeLinear" and floats.intersection(node.input):
            floats.update(node.output)
            found.append((node.op_type, node.name))
    return found


def check_integer(optimized: onnx.ModelProto, n_float_layers: int = 0) -> list[str]:
    """Refuse a model that multiplies in float unasked; list what is left in float.

    Returns:
        The operators left in float, as ``operator name``; the name may lack. No more than
        ``n_float_layers`` of them are heavy.

    Raises:
        QuantizeError: A convolution or matrix product is left in float.
    """
    left = float_operators(optimized)
    heavy = [(operator, name) for operator, name in left if operator in HEAVY]
    if len(heavy) > n_float_layers:
        operator, name = heavy[0]
        raise QuantizeError(
            f"{operator} {name!r} would run in float ({len(heavy)} such): "
            f"{_reason(optimized, name)}. "
            "Give the device a recipe its engine serves, or export with --precision float32."
        )
    return [f"{operator} {name}".strip() for operator, name in left]


def _reason(optimized: onnx.ModelProto, name: str) -> str:
    """Which of its inputs kept the engine from fusing the node into an integer one."""
    initializers = {tensor.name for tensor in optimized.graph.initializer}
    used = Counter(name for node in optimized.graph.node for name in node.input)
    dequantized = {
        node.output[0]: node for node in optimized.graph.node if node.op_type == "DequantizeLinear"
    }
    node = next(node for node in optimized.graph.node if node.name == name)
    for role, source in zip(("input", "weight", "bias"), node.input, strict=False):
        if source in initializers and role != "input":
            return f"its {role} {source!r} was not quantized"
        if source not in dequantized and source not in initializers:
            return f"its {role} {source!r} comes from a float operator"
        if role == "bias" and source in dequantized and used[dequantized[source].input[0]] > 1:
            return f"its bias {source!r} is another operator's too, and carries that one's scale"
    return "its quantized inputs were not fused, or its output is not quantized"
