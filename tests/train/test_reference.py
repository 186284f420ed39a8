"""Where a reference is cut, and what flows between its blocks."""

import pytest
import torch
from torch import Tensor, nn

from hwnas.errors import InvalidInputError
from hwnas.network import build
from hwnas.space import Architecture, blocks_of, space_named
from hwnas.train.reference import Cut, Reference, cuts_named, proposed_cuts

IMAGE = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def conv(n_in: int, n_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, stride, 1), nn.ReLU(), nn.Conv2d(n_out, n_out, 3, 1, 1)
    )


class Plain(nn.Module):
    """A stem of two layers, stages in a list, a head of a method's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1)
        self.act = nn.ReLU()
        stages = (conv(8, 8), conv(8, 16, 2), conv(16, 16), conv(16, 24, 2))
        self.stages = nn.ModuleList(stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(24, 5)

    def forward(self, images: Tensor) -> Tensor:
        features = self.act(self.first(images))
        for stage in self.stages:
            features = stage(features)
        result: Tensor = self.classify(self.pool(features).flatten(1))
        return result


def test_cuts_are_proposed_where_shapes_change() -> None:
    assert proposed_cuts(Plain(), IMAGE) == (
        Cut("stages.0", 8, 16),
        Cut("stages.1", 8, 16),
        Cut("stages.3", 16, 8),
        Cut("pool", 24, 4),
    )


def test_a_network_of_the_space_is_cut_into_its_blocks() -> None:
    space = space_named("donna", input_size=32, in_channels=3, n_classes=10)
    options = tuple("mbconv-k3-e3-relu-d2" for _ in space.decisions)
    network = build(blocks_of(space, Architecture(options)))
    cuts = proposed_cuts(network, IMAGE)
    assert [cut.channels for cut in cuts] == [16, 24, 40, 80, 128]


def test_features_are_what_the_named_modules_read() -> None:
    network = Plain().eval()
    reference = Reference(network, cuts_named(network, ["stages.0", "stages.3", "pool"], IMAGE))
    features, logits = reference.features(IMAGE)
    begun = network.act(network.first(IMAGE))
    torch.testing.assert_close(features[0], begun)
    torch.testing.assert_close(
        features[1], network.stages[2](network.stages[1](network.stages[0](begun)))
    )
    torch.testing.assert_close(features[2], network.stages[3](features[1]))
    torch.testing.assert_close(logits, network(IMAGE))


def test_a_module_that_runs_again_is_cut_at_its_first_run() -> None:
    class Twice(Plain):
        def forward(self, images: Tensor) -> Tensor:
            features = self.act(self.first(images))
            features = self.act(self.stages[0](features))
            result: Tensor = self.classify(
                self.pool(self.stages[3](self.stages[1](features))).flatten(1)
            )
            return result

    cut = cuts_named(Twice(), ["act", "stages.1", "pool"], IMAGE)[0]
    assert (cut.channels, cut.size) == (8, 16)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["stages.9", "pool"], "no module 'stages.9'.*--cuts stages.0,stages.1,stages.3,pool"),
        (["pool"], "before one block at least and before its head"),
        (["pool", "stages.0"], "in the order stages.0, pool"),
        (["stages.0", "classify"], "reads no square feature map"),
    ],
)
def test_cuts_that_cannot_be_are_refused(names: list[str], why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        cuts_named(Plain(), names, IMAGE)


def test_where_nothing_runs_block_by_block_nothing_is_proposed() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
    assert proposed_cuts(network, IMAGE) == ()
