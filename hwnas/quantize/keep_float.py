"""Layers that were left out of quantization stay in float when ONNX Runtime opens the file.

It quantizes the weights of a convolution or matrix product by itself where a dequantized map comes
in and a quantized one goes out (its WeightBiasQuantization). An operator in between that changes
nothing, and that no optimization takes away, keeps it from doing so: a leaky ReLU of slope 1.
"""

from collections.abc import Collection

import onnx
from onnx import helper


def keep_in_float(model: onnx.ModelProto, layers: Collection[str]) -> None:
    """Put that operator before each of these layers that reads a dequantized map, in place."""
    graph = model.graph
    dequantized = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    for place in reversed(range(len(graph.node))):
        node = graph.node[place]
        if node.name in layers and node.input[0] in dequantized:
            kept = f"{node.name}_input_kept_float"
            same = helper.make_node("LeakyRelu", [node.input[0]], [kept], kept, alpha=1.0)
            node.input[0] = kept
            graph.node.insert(place, same)
