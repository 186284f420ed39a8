"""From a network with weights to an audited, tested and timed ONNX file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import nn

from hwnas.block import BlockSpec
from hwnas.data import DataSet
from hwnas.device import CALIBRATIONS, DeviceSpec
from hwnas.export import ModelCard, Preprocessing, to_onnx, write_card
from hwnas.measure import NETWORK_PLAN, Measurement, Provenance
from hwnas.measure.engine import Engine
from hwnas.network import input_shape
from hwnas.quantize import Deployable, deployable
from hwnas.train import Finetuner, FinetuneSettings
from hwnas.train.finetune import OnEpoch
from hwnas.verify import (
    check_agreement,
    deployed_accuracy,
    measure_within,
    on_this_processor,
)
from hwnas.version import VERSION

MOST_LOST = 0.005
"""Of the share of validation images classified right, by int8 of the recipe's own calibration."""
ENOUGH_IMAGES = 1000


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A trained network in float and in the device's precision, timed but not yet judged.

    ``memory_bytes`` is the peak working set of the deployed model, as allocated;
    ``None`` where the engine does not tell.
    """

    float32: onnx.ModelProto
    deployed: Deployable
    calibration: str | None
    """Of the deployed int8 model; another than the recipe's where that lost accuracy."""
    measurement: Measurement
    memory_bytes: int | None
    export_difference: float


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What finishing any network takes; ``budget_ms`` is what its latency is held against."""

    data: DataSet
    device: DeviceSpec
    engine: Engine
    settings: FinetuneSettings
    seed: int
    budget_ms: float | None = None

    @property
    def preprocessing(self) -> Preprocessing:
        """How this data set's images are fed to a network."""
        return preprocessing_of(self.data)

    def train(self, network: nn.Module, checkpoint: Path, on_epoch: OnEpoch) -> nn.Module:
        """Train to the end, going on from ``checkpoint``."""
        finetuner = Finetuner(network, self.data, self.settings, seed=self.seed)
        return finetuner.run(checkpoint, on_epoch)

    def deploy(self, network: nn.Module, blocks: Sequence[BlockSpec]) -> Finished:
        """Export, compare with torch, quantize, audit and time a trained network.

        Raises:
            ExportError: ONNX Runtime does not compute what torch does.
            QuantizeError: A convolution or matrix product would run in float.
        """
        float32 = to_onnx(network, input_shape(blocks, self.device.batch))
        runner = on_this_processor(float32.SerializeToString(), self.device)
        images = calibration_images(self.data, self.device)
        difference = check_agreement(network, runner, images[: self.device.batch])
        deployed, calibration = self._deployed(float32, images)
        return Finished(
            float32=float32,
            deployed=deployed,
            calibration=calibration,
            measurement=measure_within(
                deployed.content, self.device, self.engine, self.budget_ms, NETWORK_PLAN
            ),
            memory_bytes=self.engine.allocated_bytes(deployed.content, self.device),
            export_difference=difference,
        )

    def _deployed(
        self, float32: onnx.ModelProto, images: NDArray[np.float32]
    ) -> tuple[Deployable, str | None]:
        """By the recipe's calibration, or by another that keeps more where it costs accuracy.

        Told by validation images, on this processor: the test images are for the last figure.
        """
        first = deployable(float32, self.device, self.engine, images)
        if self.device.precision != "int8":
            return first, None
        recipe = self.device.recipe
        found = {self._validation_accuracy(first.model): (first, recipe.calibration)}
        if self._validation_accuracy(float32) - max(found) > MOST_LOST:
            for calibration in CALIBRATIONS:
                if calibration != recipe.calibration:
                    other = replace(self.device, recipe=replace(recipe, calibration=calibration))
                    model = deployable(float32, other, self.engine, images)
                    found.setdefault(self._validation_accuracy(model.model), (model, calibration))
        return found[max(found)]

    def _validation_accuracy(self, model: onnx.ModelProto) -> float:
        runner = on_this_processor(model.SerializeToString(), self.device)
        images = self.data.validation
        some = replace(
            images, images=images.images[:ENOUGH_IMAGES], labels=images.labels[:ENOUGH_IMAGES]
        )
        return deployed_accuracy(runner, some, self.preprocessing)

    def test_accuracy(self, model: onnx.ModelProto) -> float:
        """Share of test images the file itself classifies right, through the engine."""
        runner = self.engine.load(model.SerializeToString(), self.device)
        return deployed_accuracy(runner, self.data.test, self.preprocessing)

    def time_float32(self, finished: Finished) -> Measurement:
        """The float model on the same device, for comparison."""
        device = replace(self.device, precision="float32")
        return self.engine.measure(finished.float32.SerializeToString(), device, NETWORK_PLAN)

    def label(self, finished: Finished, architecture: dict[str, Any]) -> None:
        """Write what is known into both files' metadata."""
        card = replace(
            _card(self.data, self.device, architecture),
            latency_budget_ms=self.budget_ms,
            measured_latency_ms=finished.measurement.median_ms,
            provenance=finished.measurement.provenance,
        )
        if finished.deployed.model is not finished.float32:
            unmeasured = replace(
                card, precision="float32", measured_latency_ms=None, provenance=""
            )
            write_card(finished.float32, unmeasured)
        write_card(finished.deployed.model, card)


def card_bytes(data: DataSet, device: DeviceSpec, architecture: dict[str, Any]) -> int:
    """About as many bytes as a network's metadata takes in its file."""
    longest_latency = 1 / 3
    labelled = onnx.ModelProto()
    card = _card(data, device, architecture)
    write_card(
        labelled,
        replace(
            card,
            latency_budget_ms=longest_latency,
            measured_latency_ms=longest_latency,
            provenance=Provenance.SIMULATED,
        ),
    )
    return len(labelled.SerializeToString())


def _card(data: DataSet, device: DeviceSpec, architecture: dict[str, Any]) -> ModelCard:
    """What is known of a trained network before it is timed."""
    return ModelCard(
        architecture=architecture,
        preprocessing=preprocessing_of(data),
        class_names=data.class_names,
        precision=device.precision,
        trained=True,
        device=device.name,
        threads=device.threads,
        batch=device.batch,
        hwnas_version=VERSION,
    )


def preprocessing_of(data: DataSet) -> Preprocessing:
    """How a data set's images are fed to a network."""
    return Preprocessing(
        mean=data.mean,
        std=data.std,
        input_size=data.input_size,
        channel_order="RGB" if data.in_channels == 3 else "L",
    )


def calibration_images(data: DataSet, device: DeviceSpec) -> NDArray[np.float32]:
    """Evenly chosen training images, preprocessed, at least one batch.

    Returns:
        ``(n, channels, height, width)``.
    """
    n = max(device.batch, min(device.recipe.n_calibration_images, len(data.train)))
    chosen = np.linspace(0, len(data.train) - 1, n).round().astype(np.int64)
    return preprocessing_of(data)(data.train.images[chosen])
