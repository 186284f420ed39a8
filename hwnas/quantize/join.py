"""Blocks that were exported and quantized alone become the network they make."""

from collections import Counter
from collections.abc import Mapping, MutableSequence, Sequence

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
    _merge_equal(whole.graph)
    _absorb_relus(whole.graph)
    return whole


def _merge_equal(graph: onnx.GraphProto) -> None:
    """What blocks do alike to one feature map, such as ReLU, is done once.

    As the exporter does in a whole network. No two convolutions are alike: weights go by name.
    """
    scalars = {
        tensor.name: f"{tensor.data_type} {onnx.numpy_helper.to_array(tensor)}"
        for tensor in graph.initializer
        if not tensor.dims
    }
    first: dict[tuple[str, ...], onnx.NodeProto] = {}
    merged: dict[str, str] = {}
    kept = []
    for node in graph.node:
        _rename(node.input, merged)
        reads = (scalars.get(name, name) for name in node.input)
        attributes = sorted(str(attribute) for attribute in node.attribute)
        same = first.setdefault((node.op_type, *reads, *attributes), node)
        if same is node:
            kept.append(node)
        else:
            merged.update(zip(node.output, same.output, strict=True))
    _replace_nodes(graph, kept)


def _absorb_relus(graph: onnx.GraphProto) -> None:
    """Where a ReLU alone reads a block's integers, the block gives what the ReLU leaves of them.

    As the quantizer does in a whole network.
    """
    given = {name: node for node in graph.node for name in node.output}
    n_readers = Counter(name for node in graph.node for name in node.input)
    absorbed: dict[str, str] = {}
    gone: set[str] = set()
    for quantize in graph.node:
        chain = _chain_before(quantize, given)
        if [node.op_type for node in chain] != ["QuantizeLinear", "Relu", "DequantizeLinear"]:
            continue
        links = [node.input[0] for node in chain]
        integers = links[-1]
        while links[-1] in given and given[links[-1]].op_type == "Transpose":
            links.append(given[links[-1]].input[0])
        if links[-1] in given and all(n_readers[link] == 1 for link in links):
            absorbed[quantize.output[0]] = integers
            gone.update(node.output[0] for node in chain)
    kept = [node for node in graph.node if node.output[0] not in gone]
    for node in kept:
        _rename(node.input, absorbed)
    _replace_nodes(graph, kept)


def _chain_before(
    node: onnx.NodeProto, given: Mapping[str, onnx.NodeProto]
) -> list[onnx.NodeProto]:
    """The node, the one it reads first, and the one that reads."""
    chain = [node]
    while len(chain) < 3 and chain[-1].input and chain[-1].input[0] in given:
        chain.append(given[chain[-1].input[0]])
    return chain


def _rename(names: MutableSequence[str], new: Mapping[str, str]) -> None:
    for place, name in enumerate(names):
        names[place] = new.get(name, name)


def _replace_nodes(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
