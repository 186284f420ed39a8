"""Labelled images as training batches: shifted, mirrored where that makes sense, normalised."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from hwnas.data import DataSet, LabelledImages

SHIFT_SHARE = 12
"""Images are shifted by up to a twelfth of their size, rounded: 1 pixel at 8, 2 at 28, 3 at 32."""

Batch = tuple[Float[Tensor, "batch channels height width"], Int64[Tensor, " batch"]]


class TrainingImages:
    """One split on the training hardware, normalised as the deployed model will be fed.

    Batches lie in memory channels last, and so do the feature maps made of them, which trains a
    supernet 1.4 to 1.7 times as fast on a processor (benchmarks/ranking/README.md).
    """

    def __init__(self, split: LabelledImages, data: DataSet, hardware: torch.device) -> None:
        self._images = torch.from_numpy(split.images).to(hardware)
        self._labels = torch.from_numpy(split.labels).to(hardware)
        self._mean = torch.tensor(data.mean, device=hardware) * 255
        self._std = torch.tensor(data.std, device=hardware) * 255
        self._mirror = data.mirror

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, indices: NDArray[np.int64]) -> Batch:
        """These images as they are."""
        chosen = torch.from_numpy(indices)
        return self._normalised(self._images[chosen]), self._labels[chosen]

    def augmented(self, indices: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        """These images, each shifted at random (edges repeated) and perhaps mirrored."""
        n, size = len(indices), self._images.shape[1]
        reach = round(size / SHIFT_SHARE)
        rows = np.arange(size) + rng.integers(-reach, reach + 1, (n, 1))
        columns = np.arange(size) + rng.integers(-reach, reach + 1, (n, 1))
        if self._mirror:
            mirrored = rng.random((n, 1)) < 0.5
            columns = np.where(mirrored, size - 1 - columns, columns)
        shifted = self._images[
            torch.from_numpy(indices)[:, None, None],
            torch.from_numpy(rows.clip(0, size - 1))[:, :, None],
            torch.from_numpy(columns.clip(0, size - 1))[:, None, :],
        ]
        return self._normalised(shifted), self._labels[torch.from_numpy(indices)]

    def _normalised(self, images: Tensor) -> Float[Tensor, "batch channels height width"]:
        return ((images.float() - self._mean) / self._std).permute(0, 3, 1, 2)
