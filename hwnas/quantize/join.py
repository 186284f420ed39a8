"""Blocks that were exported and quantized alone become the network they make."""

from collections.abc import Sequence

import onnx

from hwnas.space import IMAGE


def joined(models: Sequence[onnx.ModelProto], inputs: Sequence[Sequence[int]]) -> onnx.ModelProto:
    """One model that runs the given ones, each on the outputs of those it reads.

    Every model has one output. An int8 block ends in integers and the next one begins with them,
    as in a network that was quantized whole: the operators are the same, only the scales at the
    borders differ.

    Args:
        models: In an order in which they can run; the first reads the image, the last answers.
        inputs: Of each model, the places of those it reads, as ``hwnas.space.Network`` has them.
    """
    whole = onnx.ModelProto()
    whole.CopyFrom(models[0])
    del whole.graph.node[:], whole.graph.initializer[:], whole.graph.output[:]
    del whole.graph.value_info[:]
    given = {IMAGE: whole.graph.input[0].name}
    opsets = {opset.domain: opset for model in models for opset in model.opset_import}
    del whole.opset_import[:]
    whole.opset_import.extend(opsets.values())
    for index, (model, reads) in enumerate(zip(models, inputs, strict=True)):
        graph = model.graph
        names = {entry.name: given[read] for entry, read in zip(graph.input, reads, strict=True)}
        for node in graph.node:
            copy = whole.graph.node.add()
            copy.CopyFrom(node)
            copy.name = f"{index}/{node.name}"
            for ends in (copy.input, copy.output):
                for place, name in enumerate(ends):
                    if name:  # an optional input left out has none
                        ends[place] = names.get(name, f"{index}/{name}")
        for tensor in graph.initializer:
            whole.graph.initializer.add().CopyFrom(tensor)
            whole.graph.initializer[-1].name = f"{index}/{tensor.name}"
        given[index] = f"{index}/{graph.output[0].name}"
        border = whole.graph.value_info.add()  # whose shape tools cannot infer from every operator
        border.CopyFrom(graph.output[0])
        border.name = given[index]
    whole.graph.output.append(whole.graph.value_info.pop())
    return whole
