"""What a reference's blocks read and give on some images, kept in files as float16."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap

from hwnas.data import DataSet
from hwnas.errors import DataError
from hwnas.train.blockwise import BlockwiseSettings, Features
from hwnas.train.hardware import half_precision, training_hardware
from hwnas.train.images import TrainingImages
from hwnas.train.reference import Reference
from hwnas.train.streams import Purpose, stream

IMAGES_AT_ONCE = 64
IMAGES, LOGITS = "images", "logits"


@dataclass(frozen=True)
class ReferenceFeatures:
    """Files of a folder; the last images of each are those held out."""

    folder: Path
    n_cuts: int

    def between(self, place: int) -> tuple[Features, Features]:
        """What place ``place`` reads and gives: 0 the stem, then each block, last the head."""
        names = [IMAGES, *map(str, range(self.n_cuts)), LOGITS]
        reads, gives = (self._read(name) for name in names[place : place + 2])
        return reads, gives

    def _read(self, name: str) -> Features:
        found: Features = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return found


def write_features(
    reference: Reference,
    data: DataSet,
    settings: BlockwiseSettings,
    folder: Path,
    *,
    seed: int,
    on_images: Callable[[int, int], None],
) -> ReferenceFeatures:
    """Run the reference on training images and, held out, on validation images.

    Files of a finished folder are taken as they are.

    Raises:
        DataError: There are fewer images than a batch.
    """
    found = ReferenceFeatures(folder, len(reference.cuts))
    done = folder / "done"
    if done.is_file():
        return found
    folder.mkdir(parents=True, exist_ok=True)
    hardware = training_hardware()
    splits = (data.train, data.validation)
    wanted = (settings.images, settings.held_out)
    chosen = [
        stream(seed, Purpose.LIBRARY_IMAGES, at).permutation(len(split))[:n]
        for at, (split, n) in enumerate(zip(splits, wanted, strict=True))
    ]
    if len(chosen[0]) < settings.batch_size:
        raise DataError(
            f"{len(chosen[0])} training images are less than a batch of {settings.batch_size}. "
            "Give more --distil-images, or more training images."
        )
    n_images = sum(map(len, chosen))
    network = reference.network.to(hardware)
    files: dict[str, np.memmap[tuple[int, ...], np.dtype[np.float16]]] = {}
    first = 0
    for split, indices in zip(splits, chosen, strict=True):
        images = TrainingImages(split, data, hardware)
        for part in np.array_split(indices, max(1, -(-len(indices) // IMAGES_AT_ONCE))):
            batch, _ = images.batch(part)
            with half_precision(hardware):
                features, logits = reference.features(batch)
            named = {IMAGES: batch, **{str(n): f for n, f in enumerate(features)}, LOGITS: logits}
            for name, values in named.items():
                if name not in files:
                    shape = (n_images, *values.shape[1:])
                    path = folder / f"{name}.npy"
                    files[name] = open_memmap(path, "w+", np.float16, shape)
                files[name][first : first + len(part)] = _half(values)
            first += len(part)
            on_images(first, n_images)
    network.cpu()
    for file in files.values():
        file.flush()
    done.touch()
    return found


def _half(values: torch.Tensor) -> Features:
    """Beyond what float16 holds, its largest number."""
    largest = float(np.finfo(np.float16).max)
    halved: Features = values.float().clamp(-largest, largest).cpu().numpy().astype(np.float16)
    return halved
