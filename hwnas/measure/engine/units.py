"""A quantized graph as a compiler reads it: an operator between its quantizer's nodes is one."""

import onnx
from google.protobuf.message import DecodeError

from hwnas.errors import MeasurementError


def read_model(content: bytes) -> onnx.ModelProto:
    """The model in a file's bytes.

    Raises:
        MeasurementError: There is none.
    """
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise MeasurementError("This is no ONNX model. Name a model.*.onnx.") from error
    if not model.graph.node:
        raise MeasurementError("The model's graph is empty. Name a model.*.onnx.")
    return model


def integer_units(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with every complete unit as an operator of integers.

    A unit is an operator that reads nothing but DequantizeLinear and whose every reader is
    QuantizeLinear. What is not complete stays as it is, and a compiler runs it in float.
    """
    units = onnx.ModelProto()
    units.CopyFrom(model)
    graph = units.graph
    constants = {tensor.name for tensor in graph.initializer}
    integers = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "DequantizeLinear"}
    quantized: dict[str, str] = {}
    others: set[str] = {value.name for value in graph.output}
    for node in graph.node:
        if node.op_type == "QuantizeLinear" and node.input[0] not in constants:
            quantized[node.input[0]] = node.output[0]
        else:
            others.update(node.input)
    taken: set[str] = set()
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            continue
        reads = [name for name in node.input if name and name not in constants]
        gives = [quantized.get(name, "") for name in node.output]
        if all(name in integers for name in reads) and all(gives) and not others & {*node.output}:
            node.input[:] = [integers.get(name, name) for name in node.input]
            node.output[:] = gives
            taken |= {*gives}
    for node in [node for node in graph.node if node.op_type == "QuantizeLinear"]:
        if node.output[0] in taken:
            graph.node.remove(node)
    return units
