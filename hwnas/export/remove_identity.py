"""Drop ``Identity`` nodes: the quantizer leaves what passes through one in float."""

import onnx


def remove_identity(model: onnx.ModelProto) -> None:
    """Wire every consumer of an ``Identity`` to its input, in place.

    1. An ``Identity`` of an initializer becomes a copy of the initializer, since the quantizer
       gives each convolution's bias a scale of its own.
    2. Any other ``Identity`` disappears and its consumers read its input.
    3. One that makes a graph output stays: the output keeps its name.
    """
    graph = model.graph
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    outputs = {value.name for value in graph.output}
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = renamed.get(name, name)
        if node.op_type != "Identity" or node.output[0] in outputs:
            kept.append(node)
        elif node.input[0] in initializers:
            copy = graph.initializer.add()
            copy.CopyFrom(initializers[node.input[0]])
            copy.name = node.output[0]
            initializers[copy.name] = copy
        else:
            renamed[node.output[0]] = node.input[0]
    del graph.node[:]
    graph.node.extend(kept)
