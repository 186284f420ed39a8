"""Open an int8 model's ends, so that a block is timed as it stands inside a network."""

import numpy as np
import onnx

from hwnas.device import Recipe

TO_CHANNELS_FIRST, TO_CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
CONTRIB = "com.microsoft"
INPUT_RANGE, OUTPUT_RANGE = (1 / 16, 64), (1 / 32, 0)
"""Scale and zero point where a block has none at its border. Latency is not about values, but two
conversions of one scale would cancel out, and a range without negative values absorbs a ReLU.
"""
KINDS = {
    "uint8": onnx.TensorProto.UINT8,
    "int8": onnx.TensorProto.INT8,
    "uint16": onnx.TensorProto.UINT16,
}


def integer_input(model: onnx.ModelProto, recipe: Recipe) -> None:
    """Make each input the integers that the block before gives, in place.

    The QuantizeLinear that reads the input is taken out; where a float operator such as ReLU reads
    it, a DequantizeLinear is put between, as the network has one there.
    """
    graph = model.graph
    for entry in graph.input:
        first = next((node for node in graph.node if _quantizes(node, entry.name)), None)
        if first is None:
            _dequantize_input(graph, entry, recipe)
            continue
        _rename_input(graph, first.output[0], entry.name)
        entry.type.tensor_type.elem_type = _zero_point_type(graph, first)
        graph.node.remove(first)


def _quantizes(node: onnx.NodeProto, name: str) -> bool:
    return node.op_type == "QuantizeLinear" and node.input[0] == name


def _dequantize_input(graph: onnx.GraphProto, entry: onnx.ValueInfoProto, recipe: Recipe) -> None:
    floats = f"{entry.name}_float"
    _rename_input(graph, entry.name, floats)
    inputs = [entry.name, *_own_scale(graph, entry.name, recipe, INPUT_RANGE)]
    node = onnx.helper.make_node("DequantizeLinear", inputs, [floats], name=floats)
    graph.node.insert(0, node)
    entry.type.tensor_type.elem_type = KINDS[recipe.activations]


def _own_scale(
    graph: onnx.GraphProto, name: str, recipe: Recipe, values: tuple[float, int]
) -> tuple[str, str]:
    """Scale and zero point of these values, counted from the least integer."""
    names = f"{name}_scale", f"{name}_zero_point"
    dtype = np.dtype(recipe.activations)
    scale = np.array(values[0], np.float32)
    zero_point = np.array(np.iinfo(dtype).min + values[1], dtype)
    for tensor, tensor_name in zip((scale, zero_point), names, strict=True):
        graph.initializer.append(onnx.numpy_helper.from_array(tensor, tensor_name))
    return names


def integer_output(model: onnx.ModelProto, recipe: Recipe) -> None:
    """Take the last DequantizeLinear out: the model's output becomes its integers, in place.

    Where a float operator such as hard-swish comes last, quantize its output instead.
    """
    graph = model.graph
    exit_ = graph.output[0]
    last = next(node for node in graph.node if exit_.name in node.output)
    if last.op_type != "DequantizeLinear":
        _quantize_output(graph, last, recipe)
        return
    integers = last.input[0]
    producer = next(node for node in graph.node if integers in node.output)
    exit_.type.tensor_type.elem_type = _zero_point_type(graph, last)
    graph.node.remove(last)
    producer.output[list(producer.output).index(integers)] = exit_.name
    _rename_input(graph, integers, exit_.name)


def channels_last(
    model: onnx.ModelProto, *, inputs: bool, output: bool, on_processor: bool
) -> None:
    """Make inputs, output or both ``(batch, height, width, channels)``, in place.

    ONNX Runtime runs integer convolutions so, and what stands between two of them too; alone, a
    block of channels first would carry a transposition at either end, and pool another way.
    ``on_processor`` allows operators that only its kernels for processors have.
    """
    graph = model.graph
    operators = {node.op_type for node in graph.node}
    if on_processor and operators.isdisjoint(("Conv", "Gemm")):
        if "GlobalAveragePool" not in operators:  # one pixel has no order
            _weightless_channels_last(model)
        return
    for entry in graph.input if inputs else ():
        first = f"{entry.name}_channels_first"
        _rename_input(graph, entry.name, first)
        node = onnx.helper.make_node("Transpose", [entry.name], [first], perm=TO_CHANNELS_FIRST)
        node.name = f"{first}_transpose"
        graph.node.insert(0, node)
        _permute(entry, TO_CHANNELS_LAST)
    if output:
        exit_ = graph.output[0]
        first = f"{exit_.name}_channels_first"
        producer = next(node for node in graph.node if exit_.name in node.output)
        producer.output[list(producer.output).index(exit_.name)] = first
        _rename_input(graph, exit_.name, first)
        node = onnx.helper.make_node("Transpose", [first], [exit_.name], perm=TO_CHANNELS_LAST)
        node.name = f"{first}_transpose"
        graph.node.append(node)
        _permute(exit_, TO_CHANNELS_LAST)


def _weightless_channels_last(model: onnx.ModelProto) -> None:
    """A block without a convolution, whose operators do not care, or are told.

    ONNX Runtime chooses its pooling of channels last only in a graph with a convolution.
    """
    graph = model.graph
    for value in (*graph.input, *graph.output):
        _permute(value, TO_CHANNELS_LAST)
    del graph.value_info[:]
    for node in list(graph.node):
        if node.op_type == "Concat":
            node.attribute[0].i = len(TO_CHANNELS_LAST) - 1
        elif node.op_type in ("AveragePool", "MaxPool"):
            _pool_channels_last(graph, node)
            model.opset_import.append(onnx.helper.make_opsetid(CONTRIB, 1))


def _pool_channels_last(graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    """The engine's own operator in place of a pooling between DequantizeLinear and QuantizeLinear.

    A maximum has the scale of what it is taken of, so its operator needs none.
    """
    before = next(n for n in graph.node if node.input[0] in n.output)
    after = next(n for n in graph.node if node.output[0] in n.input)
    is_mean = node.op_type == "AveragePool"
    pool = onnx.helper.make_node(
        "QLinearAveragePool" if is_mean else "NhwcMaxPool",
        [*before.input, *after.input[1:]] if is_mean else [before.input[0]],
        list(after.output),
        name=node.name,
        domain=CONTRIB,
    )
    pool.attribute.extend(node.attribute)
    if is_mean:
        pool.attribute.append(onnx.helper.make_attribute("channels_last", 1))
    graph.node.insert([n.name for n in graph.node].index(node.name), pool)
    for replaced in (before, node, after):
        graph.node.remove(replaced)


def _permute(value: onnx.ValueInfoProto, order: tuple[int, ...]) -> None:
    dims = value.type.tensor_type.shape.dim
    sizes = [dims[axis].dim_value for axis in order]
    for dim, size in zip(dims, sizes, strict=True):
        dim.dim_value = size


def _quantize_output(graph: onnx.GraphProto, producer: onnx.NodeProto, recipe: Recipe) -> None:
    """As the next block of the network would, by a range that begins at zero: ReLU is in it."""
    exit_ = graph.output[0]
    floats = f"{exit_.name}_float"
    producer.output[list(producer.output).index(exit_.name)] = floats
    inputs = [floats, *_own_scale(graph, exit_.name, recipe, OUTPUT_RANGE)]
    node = onnx.helper.make_node("QuantizeLinear", inputs, [exit_.name], name=floats)
    graph.node.append(node)
    exit_.type.tensor_type.elem_type = KINDS[recipe.activations]


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
