"""What is built is what the blocks say, and the supernet is slices of one set of weights."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from hwnas.block import BlockSpec, ConvSpec, HeadSpec, MBConvSpec
from hwnas.export import to_onnx
from hwnas.network import Supernet, build, input_shape, randomize_statistics
from hwnas.space import Architecture, Space, blocks_of, random_architecture, space_named

Convolution = tuple[int, int, int, int, int]
"""Input and output channels, kernel size, stride, groups."""


def convolutions_of(block: BlockSpec) -> list[Convolution]:
    match block:
        case ConvSpec():
            shape = (block.in_channels, block.out_channels, block.kernel_size, block.stride, 1)
            return [shape]
        case MBConvSpec():
            hidden, squeezed = block.hidden_channels, block.se_channels
            expand = [(block.in_channels, hidden, 1, 1, 1)] if block.expansion > 1 else []
            depthwise = [(1, hidden, block.kernel_size, block.stride, hidden)]
            attention = [(hidden, squeezed, 1, 1, 1), (squeezed, hidden, 1, 1, 1)]
            project = [(hidden, block.out_channels, 1, 1, 1)]
            return expand + depthwise + (attention if squeezed else []) + project
        case HeadSpec():
            widen = (block.in_channels, block.hidden_channels, 1, 1, 1)
            return [widen, (block.hidden_channels, block.n_classes, 1, 1, 1)]
    raise TypeError(f"no convolutions known of {block}")


def convolutions_in(model: onnx.ModelProto) -> list[list[Convolution]]:
    """Of each block, by the number its node names begin with."""
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    found = defaultdict(list)
    for node in model.graph.node:
        if node.op_type == "Conv":
            made = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            out, into, kernel, _ = weights[node.input[1]]
            block = int(node.name.split("/")[1].split(".")[0])
            found[block].append((into, out, kernel, made["strides"][0], made["group"]))
        elif node.op_type == "Gemm":  # the classifier, as the 1×1 convolution it is
            out, into = weights[node.input[1]]
            found[int(node.name.split("/")[1])].append((into, out, 1, 1, 1))
    return [found[block] for block in sorted(found)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["mobilenet", "nasbench-macro", "mobilenet with attention"])
def test_the_blocks_are_those_in_the_exported_graph(name: str, seed: int) -> None:
    space = space_named(name.split()[0], input_size=16, in_channels=3, n_classes=4)
    if "attention" in name:
        space = replace(space, se_ratio=0.25)  # type: ignore[type-var]
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
    model = to_onnx(build(blocks), input_shape(blocks, 1))
    assert convolutions_in(model) == [convolutions_of(block) for block in blocks]


@pytest.fixture
def space() -> Space:
    return space_named("mobilenet", input_size=8, in_channels=1, n_classes=4)


def networks_of(space: Space) -> tuple[Supernet, Architecture, torch.Tensor]:
    supernet = Supernet(space, torch.Generator().manual_seed(0))
    architecture = random_architecture(space, np.random.default_rng(1))
    return supernet, architecture, torch.randn(4, 1, 8, 8)


def test_a_path_of_the_supernet_is_its_subnet(space: Space) -> None:
    supernet, architecture, images = networks_of(space)
    alone = supernet.subnet(architecture).train()
    torch.testing.assert_close(supernet(images, architecture), alone(images), atol=1e-5, rtol=0)


def test_gradients_reach_only_the_slices_used(space: Space) -> None:
    supernet, _, images = networks_of(space)
    smallest = Architecture(tuple(d.options[0] for d in space.decisions))
    supernet(images, smallest).sum().backward()
    depthwise = supernet.shared["stage1:block1/mbconv/depthwise:0:weight"].grad
    assert depthwise is not None
    used = depthwise[:48, :, 2:5, 2:5]
    assert used.abs().sum() > 0
    assert depthwise.count_nonzero() == used.count_nonzero()
    assert supernet.shared["stage1:block2/mbconv/depthwise:0:weight"].grad is not None


def test_larger_networks_hold_the_weights_of_smaller_ones(space: Space) -> None:
    supernet, _, _ = networks_of(space)
    rest = ("skip", "32", "k3e3", "skip", "skip")
    small = supernet.subnet(Architecture(("8", "16", "k3e3", *rest)))
    large = supernet.subnet(Architecture(("8", "24", "k7e6", *rest)))
    part, whole = (net.get_parameter("1.depthwise.0.weight") for net in (small, large))
    torch.testing.assert_close(part, whole[:48, :, 2:5, 2:5])


def test_images_of_another_size_are_resized(space: Space) -> None:
    supernet, architecture, _ = networks_of(space)
    assert supernet(torch.randn(2, 1, 12, 12), architecture).shape == (2, 4)


def test_random_statistics_are_all_distinct(space: Space) -> None:
    network = build(blocks_of(space, random_architecture(space, np.random.default_rng(0))))
    randomize_statistics(network, torch.Generator().manual_seed(0))
    biases = [m.bias for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    shifts = [shift for bias in biases for shift in bias.tolist()]
    assert len(set(shifts)) == len(shifts)
