"""Parameters and multiply-accumulates of a module are those of its blocks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.accuracy.proxies import PROXIES, score_network
from hwnas.network import build, input_shape
from hwnas.space import blocks_of, random_architecture, space_named


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["mobilenet", "nasbench-macro"])
def test_sizes_are_the_sums_over_the_blocks(name: str, seed: int) -> None:
    space = space_named(name, input_size=16, in_channels=3, n_classes=4)
    if name == "mobilenet":
        space = replace(space, se_ratio=0.25, activation="hard_swish")  # type: ignore[type-var]
    blocks = blocks_of(space, random_architecture(space, np.random.default_rng(seed)))
    batch = torch.zeros(input_shape(blocks, 2)), torch.tensor([0, 1])
    scores = {
        n: score_network(PROXIES[n], build(blocks), batch).score
        for n in PROXIES
        if n in ("parameters", "macs")
    }
    assert scores["parameters"] == sum(block.n_parameters for block in blocks)
    assert scores["macs"] == sum(block.n_macs for block in blocks)


def test_a_module_counts_each_time_it_is_called() -> None:
    twice = nn.Conv2d(3, 3, 3, padding=1)
    network = nn.Sequential(twice, twice, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    batch = torch.zeros(2, 3, 5, 5), torch.tensor([0, 1])
    assert score_network(PROXIES["macs"], network, batch).score == 2 * 3 * 3 * 9 * 25 + 6
    assert score_network(PROXIES["parameters"], network, batch).score == 3 * 3 * 9 + 3 + 8
