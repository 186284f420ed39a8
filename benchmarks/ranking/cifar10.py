"""CIFAR-10 as two archives of JPEG bytes, made into one ``.npz`` that hwnas reads at once.

    python benchmarks/ranking/cifar10.py TRAIN.npz TEST.npz OUT.npz [--most 2000]

The archives hold ``jpeg`` (all files, one after another), ``length`` of each, ``label`` and
``classes``.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def main() -> None:
    """Decode both parts and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, help="of each part, spread evenly; all by default")
    arguments = parser.parse_args()
    x_train, y_train, class_names = decoded(arguments.train, arguments.most)
    x_test, y_test, _ = decoded(arguments.test, arguments.most)
    np.savez(
        arguments.out,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=class_names,
    )


def decoded(
    path: Path, most: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.str_]]:
    """Images ``(n, 32, 32, 3)``, labels ``(n,)`` and the names of the classes."""
    with np.load(path) as archive:
        jpeg, lengths = archive["jpeg"].tobytes(), archive["length"].astype(np.int64)
        labels, class_names = archive["label"].astype(np.int64), archive["classes"]
    ends = np.cumsum(lengths)
    taken = np.linspace(0, len(ends) - 1, min(most or len(ends), len(ends))).astype(int)
    files = [jpeg[ends[place] - lengths[place] : ends[place]] for place in taken]
    images = [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in files]
    return np.stack(images), labels[taken], class_names


if __name__ == "__main__":
    main()
