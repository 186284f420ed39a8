"""Calibration images handed to ONNX Runtime's quantizer, a few at a time."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader

STRIDE = 8
"""Images whose activations are held at once: bounds memory, changes no range."""


class ImageReader(CalibrationDataReader):  # type: ignore[misc]
    """Reads ``(n, channels, height, width)`` float images in the model's batch size.

    ``inputs`` are the model's, by name, and their channels: each is fed the leading ones of the
    same images.

    ``n`` is cut to a multiple of ``STRIDE`` batches, which the quantizer insists on.
    """

    def __init__(self, inputs: Mapping[str, int], images: NDArray[np.float32], batch: int) -> None:
        n_batches = len(images) // batch
        self.stride = min(STRIDE, n_batches)
        self._n_batches = n_batches // self.stride * self.stride
        self._inputs = inputs
        self._images = images
        self._batch = batch
        self.set_range(0, self._n_batches)

    def __len__(self) -> int:
        return self._n_batches

    def set_range(self, start_index: int, end_index: int) -> None:
        """Read only these batches next."""
        self._batches = self._between(start_index, end_index)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next batch by input name, or nothing."""
        return next(self._batches, None)

    def _between(self, start: int, end: int) -> Iterator[dict[str, NDArray[np.float32]]]:
        for index in range(start, end):
            first = index * self._batch
            batch = self._images[first : first + self._batch]
            yield {name: batch[:, :channels] for name, channels in self._inputs.items()}
