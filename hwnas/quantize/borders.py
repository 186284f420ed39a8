"""Open an int8 model's ends, so that a block is timed as it stands inside a network."""

import numpy as np
import onnx

OTHER_SCALE = np.float32(2.0)
"""Times the scale behind a leading ReLU: the values in front of one reach as far below zero, and
an engine takes out what makes integers of one scale into integers of the same.
"""


def integer_input(model: onnx.ModelProto) -> None:
    """Make each input the integers that the block before gives, in place.

    The QuantizeLinear that reads the input is taken out; where a float operator such as ReLU reads
    it, a DequantizeLinear is put between, as the network has one there.
    """
    graph = model.graph
    for entry in graph.input:
        first = next((node for node in graph.node if _quantizes(node, entry.name)), None)
        if first is None:
            _dequantize_input(graph, entry)
            continue
        _rename_input(graph, first.output[0], entry.name)
        entry.type.tensor_type.elem_type = _zero_point_type(graph, first)
        graph.node.remove(first)


def _quantizes(node: onnx.NodeProto, name: str) -> bool:
    return node.op_type == "QuantizeLinear" and node.input[0] == name


def _dequantize_input(graph: onnx.GraphProto, entry: onnx.ValueInfoProto) -> None:
    example = next(node for node in graph.node if node.op_type == "QuantizeLinear")
    floats, scale = f"{entry.name}_float", f"{entry.name}_scale"
    _rename_input(graph, entry.name, floats)
    known = next(tensor for tensor in graph.initializer if tensor.name == example.input[1])
    other = OTHER_SCALE * onnx.numpy_helper.to_array(known)
    graph.initializer.append(onnx.numpy_helper.from_array(other, scale))
    inputs = [entry.name, scale, example.input[2]]
    graph.node.insert(0, onnx.helper.make_node("DequantizeLinear", inputs, [floats]))
    entry.type.tensor_type.elem_type = _zero_point_type(graph, example)


def integer_output(model: onnx.ModelProto) -> None:
    """Take the last DequantizeLinear out: the model's output becomes its integers, in place.

    Where a float operator such as hard-swish comes last, quantize its output instead.
    """
    graph = model.graph
    exit_ = graph.output[0]
    last = next(node for node in graph.node if exit_.name in node.output)
    if last.op_type != "DequantizeLinear":
        _quantize_output(graph, last)
        return
    integers = last.input[0]
    producer = next(node for node in graph.node if integers in node.output)
    exit_.type.tensor_type.elem_type = _zero_point_type(graph, last)
    graph.node.remove(last)
    producer.output[list(producer.output).index(integers)] = exit_.name
    _rename_input(graph, integers, exit_.name)


def _quantize_output(graph: onnx.GraphProto, producer: onnx.NodeProto) -> None:
    """As the next block of the network would."""
    exit_ = graph.output[0]
    example = next(node for node in graph.node if node.op_type == "QuantizeLinear")
    floats = f"{exit_.name}_float"
    producer.output[list(producer.output).index(exit_.name)] = floats
    inputs = [floats, *example.input[1:]]  # any scale will do: latency is not about values
    graph.node.append(onnx.helper.make_node("QuantizeLinear", inputs, [exit_.name]))
    exit_.type.tensor_type.elem_type = _zero_point_type(graph, example)


def _rename_input(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == old:
                node.input[index] = new


def _zero_point_type(graph: onnx.GraphProto, node: onnx.NodeProto) -> int:
    kind: int = next(
        tensor.data_type for tensor in graph.initializer if tensor.name == node.input[2]
    )
    return kind
