"""What is minimised, and the share of images that come out right."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from hwnas.errors import DataError
from hwnas.train.images import TrainingImages

IMAGES_AT_ONCE = 128
"""Larger feature maps leave a processor's caches: 500 at once take twice as long an image."""

Logits = Float[Tensor, "batch classes"]


def checked_cross_entropy(
    logits: Logits,
    labels: Int64[Tensor, " batch"],
    *,
    epoch: int,
    label_smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Mean cross-entropy of a batch; ``epoch`` counts from 0.

    Raises:
        DataError: It is no longer a number.
    """
    loss = functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    if not torch.isfinite(loss):
        raise DataError(
            f"Training diverged in epoch {epoch + 1}: the loss is {loss.item()}. "
            "Look for mislabelled or blank images."
        )
    return loss


def distilled(
    loss: Float[Tensor, ""], logits: Logits, taught: Logits, *, share: float, temperature: float
) -> Float[Tensor, ""]:
    """A loss of labels, ``share`` of it replaced by what a teacher says (Hinton et al. 2015)."""
    said = functional.log_softmax(logits / temperature, dim=1)
    wanted = functional.log_softmax(taught / temperature, dim=1)
    divergence = functional.kl_div(said, wanted, reduction="batchmean", log_target=True)
    return (1 - share) * loss + share * temperature**2 * divergence


@torch.no_grad()
def share_right(
    answer: Callable[[Float[Tensor, "batch channels height width"]], Logits],
    images: TrainingImages,
    indices: NDArray[np.int64],
) -> float:
    """The share of these images whose largest logit is their label, from 0 to 1."""
    right = 0
    for part in np.array_split(indices, max(1, round(len(indices) / IMAGES_AT_ONCE))):
        batch, labels = images.batch(part)
        right += int((answer(batch).argmax(1) == labels).sum())
    return right / len(indices)
