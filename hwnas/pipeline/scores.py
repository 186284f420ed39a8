"""How accurate a trained supernet's networks are in float and as the int8 files they become."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from hwnas.device import DeviceSpec
from hwnas.export import to_onnx
from hwnas.network import resized
from hwnas.quantize import quantize
from hwnas.space import Architecture
from hwnas.train import SupernetTrainer
from hwnas.train.recalibrate import Images
from hwnas.verify import on_this_processor

IMAGES_AT_ONCE = 16
"""Of an exported network: as fast an image as larger batches are, in less memory."""


@dataclass(frozen=True, kw_only=True)
class Accuracies:
    """Shares of the validation images that one network gets right; int8 only if it was asked."""

    float32: float
    int8: float | None = None

    def deployed(self, precision: str) -> float:
        """As what ships in this precision, as far as that was asked."""
        return self.int8 if precision == "int8" and self.int8 is not None else self.float32


class SupernetScores:
    """An ``AccuracySource`` on a supernet; where a device is named, of quantized networks.

    Post-training quantization by the device's recipe of the network with BatchNorm statistics of
    its own, run by ONNX Runtime on this processor.
    """

    def __init__(self, trainer: SupernetTrainer, int8_for: DeviceSpec | None = None) -> None:
        self._trainer = trainer
        self._device = (
            None if int8_for is None else replace(int8_for, batch=IMAGES_AT_ONCE, precision="int8")
        )

    def accuracy(self, architecture: Architecture) -> float:
        """See ``AccuracySource``: in int8, if that is asked."""
        return self.accuracies(architecture).deployed("int8")

    def accuracies(self, architecture: Architecture) -> Accuracies:
        """In float and, for a device, in int8, on the trainer's validation images.

        Raises:
            ExportError: The network does not become ONNX.
            QuantizeError: ONNX Runtime's quantizer fails.
        """
        device = self._device
        if device is None:
            return Accuracies(float32=self._trainer.accuracy(architecture))
        recalibrated = self._trainer.recalibrated(architecture)
        size = recalibrated.input_size
        calibrating = self._trainer.calibration_images(device.recipe.n_calibration_images)
        images = resized(calibrating, size)
        float32 = to_onnx(recalibrated.network.cpu(), (IMAGES_AT_ONCE, *images.shape[1:]))
        int8 = quantize(float32, device.recipe, np.ascontiguousarray(images.cpu().numpy()))
        return Accuracies(
            float32=self._share_right(float32.SerializeToString(), device, size),
            int8=self._share_right(int8.SerializeToString(), device, size),
        )

    def _share_right(self, model: bytes, device: DeviceSpec, size: int) -> float:
        runner = on_this_processor(model, device)

        def answer(images: Images) -> torch.Tensor:
            batch = np.ascontiguousarray(resized(images, size).cpu().numpy())
            n = -(-len(batch) // IMAGES_AT_ONCE) * IMAGES_AT_ONCE
            padded = np.resize(batch, (n, *batch.shape[1:]))
            parts = [runner(part) for part in np.split(padded, n // IMAGES_AT_ONCE)]
            return torch.from_numpy(np.concatenate(parts)[: len(batch)]).to(images.device)

        return self._trainer.share_right(answer)
