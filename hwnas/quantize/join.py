"""Blocks that were exported and quantized alone become the network they make."""

from collections.abc import Sequence

import onnx


def joined(models: Sequence[onnx.ModelProto]) -> onnx.ModelProto:
    """One model that runs the given ones in a row, each on the output of the one before.

    Every model has one input and one output. An int8 block ends in integers and the next one
    begins with them, as in a network that was quantized whole: the operators are the same, only
    the scales at the borders differ.
    """
    whole = onnx.ModelProto()
    whole.CopyFrom(models[0])
    del whole.graph.node[:], whole.graph.initializer[:], whole.graph.output[:]
    del whole.graph.value_info[:]
    entry = whole.graph.input[0].name
    for index, model in enumerate(models):
        graph = model.graph
        names = {graph.input[0].name: entry}
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
        entry = f"{index}/{graph.output[0].name}"
    whole.graph.output.add().CopyFrom(models[-1].graph.output[0])
    whole.graph.output[0].name = entry
    return whole
