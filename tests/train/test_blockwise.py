"""Blocks trained alone, and how good they are found to be."""

import numpy as np
import pytest
import torch
from torch import nn

from hwnas.train.blockwise import (
    BlockwiseSettings,
    Features,
    distill,
    noise_to_signal,
    quality_of,
)

SETTINGS = BlockwiseSettings(images=256, held_out=64, epochs=60, batch_size=32, learning_rate=0.03)


def features(n: int = 320, seed: int = 0) -> tuple[Features, Features]:
    """A linear map of channels and its result."""
    rng = np.random.default_rng(seed)
    reads = rng.normal(size=(n, 4, 3, 3)).astype(np.float16)
    weights = rng.normal(size=(6, 4))
    gives = np.einsum("oc,nchw->nohw", weights, reads.astype(np.float64)).astype(np.float16)
    return reads, gives


def test_noise_is_a_share_of_each_channels_variance() -> None:
    rng = torch.Generator().manual_seed(0)
    target = torch.randn(64, 3, 5, 5, generator=rng) * torch.tensor([1.0, 10, 100])[:, None, None]
    assert noise_to_signal(target, target) == 0
    mean = target.mean((0, 2, 3), keepdim=True).expand_as(target)
    assert noise_to_signal(mean, target) == pytest.approx(1, abs=1e-5)
    halved = mean + (target - mean) / 2
    assert noise_to_signal(halved, target) == pytest.approx(0.25, abs=1e-5)


def test_a_channel_that_does_not_vary_does_not_divide_by_nothing() -> None:
    target = torch.ones(8, 2, 3, 3)
    assert torch.isfinite(noise_to_signal(target + 0.1, target))


def test_a_block_that_can_do_it_learns_it() -> None:
    reads, gives = features()
    block = nn.Conv2d(4, 6, 1)
    before = quality_of(block, reads[256:], gives[256:], 32)
    quality = distill(block, reads, gives, SETTINGS, seed=0)
    assert quality.noise_to_signal < 0.01 < 0.5 < before.noise_to_signal
    assert quality.similarity > 0.99
    assert not block.training


def test_quality_is_that_of_images_it_did_not_see() -> None:
    reads, gives = features()
    rng = np.random.default_rng(1)
    gives[256:] = rng.normal(size=gives[256:].shape)
    assert distill(nn.Conv2d(4, 6, 1), reads, gives, SETTINGS, seed=0).noise_to_signal > 0.9


def test_the_same_seed_trains_the_same_block() -> None:
    reads, gives = features()

    def trained(seed: int) -> torch.Tensor:
        torch.manual_seed(0)
        block = nn.Conv2d(4, 6, 1)
        distill(block, reads, gives, BlockwiseSettings(held_out=64, batch_size=32), seed=seed)
        return block.weight.detach()

    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))


def test_logits_are_distilled_too() -> None:
    reads, gives = features()
    pooled = gives.mean((2, 3))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 6))
    assert distill(head, reads, pooled, SETTINGS, seed=0).noise_to_signal < 0.05
