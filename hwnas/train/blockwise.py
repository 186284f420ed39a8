"""Blockwise knowledge distillation (DONNA, Moons et al. 2021): one block alone, from the
reference's input of that block to the reference's output.
"""  # noqa: D205

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from hwnas.train.hardware import half_precision, training_hardware
from hwnas.train.schedule import cosine
from hwnas.train.streams import Purpose, stream

LEAST_VARIANCE = 1e-6
"""Of a channel: one that hardly varies is not worth more than that."""

Features = NDArray[np.float16]
"""``(n_images, channels, height, width)``, or ``(n_images, classes)`` for logits."""


@dataclass(frozen=True, kw_only=True)
class BlockwiseSettings:
    """How a block is trained: ``epochs`` passes over the features of ``images`` images.

    Its quality is that on the features of ``held_out`` images that it was not trained on.
    """

    images: int = 8192
    held_out: int = 1024
    epochs: int = 1
    batch_size: int = 64
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        numbers = (self.images, self.held_out, self.epochs, self.batch_size)
        if min(numbers) < 1 or self.learning_rate <= 0:
            raise ValueError(f"a block needs images, epochs and a learning rate, got {self}")


@dataclass(frozen=True)
class Quality:
    """How well a block stands in for that of the reference, on held-out images.

    ``noise_to_signal`` is 0 for a perfect block and 1 for one that says nothing; ``similarity``
    is the mean cosine between a channel and its target.
    """

    noise_to_signal: float
    similarity: float


def noise_to_signal(
    output: Float[Tensor, "batch channels *size"], target: Float[Tensor, "batch channels *size"]
) -> Float[Tensor, ""]:
    """Mean over channels of the squared error as a share of the target's variance."""
    axes = (0, *range(2, target.ndim))
    noise = (output - target).square().mean(axes)
    return (noise / target.var(axes, correction=0).clamp_min(LEAST_VARIANCE)).mean()


def distill(
    module: nn.Module,
    reads: Features,
    gives: Features,
    settings: BlockwiseSettings,
    *,
    seed: int,
) -> Quality:
    """Train a module to give what the reference's block gave; it is left in eval mode, on the CPU.

    Args:
        module: From one feature map to the other.
        reads: What the reference's block read; the last ``held_out`` images are not trained on.
        gives: What it gave.
        settings: How long.
        seed: Of the order of images.
    """
    hardware = training_hardware()
    module.to(hardware).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(module.parameters(), lr=settings.learning_rate)
    n_train = len(reads) - settings.held_out
    n_steps = settings.epochs * max(1, n_train // settings.batch_size)
    for step, indices in enumerate(_batches(n_train, settings, n_steps, seed)):
        for group in optimizer.param_groups:
            group["lr"] = cosine(settings.learning_rate, 0.0, step / n_steps)
        with half_precision(hardware):
            output = module(_tensor(reads[indices], hardware))
        loss = noise_to_signal(output.float(), _tensor(gives[indices], hardware))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    module.eval()
    quality = quality_of(module, reads[n_train:], gives[n_train:], settings.batch_size)
    module.cpu()
    return quality


@torch.no_grad()
def quality_of(module: nn.Module, reads: Features, gives: Features, batch_size: int) -> Quality:
    """Of a trained module, over these images."""
    hardware = next(module.parameters()).device
    outputs = [
        module(_tensor(reads[first : first + batch_size], hardware)).float().cpu()
        for first in range(0, len(reads), batch_size)
    ]
    output, target = torch.cat(outputs), torch.from_numpy(np.array(gives)).float()
    said, wanted = (values.transpose(0, 1).flatten(1) for values in (output, target))
    similarity = nn.functional.cosine_similarity(said, wanted, dim=1).mean()
    return Quality(float(noise_to_signal(output, target)), float(similarity))


def _batches(
    n: int, settings: BlockwiseSettings, n_steps: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Shuffled anew every epoch; read in rising order, as files like it."""
    size = min(settings.batch_size, n)
    n_an_epoch = n_steps // settings.epochs
    for epoch in range(settings.epochs):
        order = stream(seed, Purpose.BLOCKWISE_BATCHES, epoch).permutation(n)
        for step in range(n_an_epoch):
            yield np.sort(order[step * size : (step + 1) * size])


def _tensor(features: Features, hardware: torch.device) -> Tensor:
    found = torch.from_numpy(np.array(features)).to(hardware).float()
    return found.contiguous(memory_format=torch.channels_last) if found.ndim == 4 else found
