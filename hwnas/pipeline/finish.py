"""From a network with weights to an audited, tested and timed ONNX file."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from torch import nn

from hwnas.data import DataSet
from hwnas.device import DeviceSpec, Recipe
from hwnas.export import ModelCard, Preprocessing, to_onnx, write_card
from hwnas.measure import NETWORK_PLAN, Measurement, Provenance
from hwnas.measure.engine import Engine
from hwnas.pipeline.int8 import Exported, Made, Quantizer
from hwnas.quantize import Deployable, LayerSensitivity, deployable
from hwnas.report import Int8Step
from hwnas.train import Finetuner, FinetuneSettings
from hwnas.train.finetune import OnEpoch
from hwnas.train.quantization_aware import round_layers, unround_layers
from hwnas.verify import (
    check_agreement,
    deployed_accuracy,
    measure_within,
    on_this_processor,
)
from hwnas.version import VERSION

ENOUGH_IMAGES, SOME_IMAGES = 1000, 64
"""Validation images that int8 is judged by, and those whose logits tell how layers disturb it."""
ROUNDED_SHARE, ROUNDED_RATE = 0.2, 0.1
"""Of the epochs and the learning rate of fine-tuning, where it goes on with rounded layers."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A trained network in float and in the device's precision, timed but not yet judged.

    ``memory_bytes`` is the peak working set of the deployed model, as allocated;
    ``None`` where the engine does not tell.
    """

    float32: onnx.ModelProto
    deployed: Deployable
    recipe: Recipe
    """Of the deployed model; another than the device's where that lost accuracy."""
    int8_steps: tuple[Int8Step, ...] = ()
    sensitivities: tuple[LayerSensitivity, ...] = ()
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
    max_int8_drop: float | None = None
    """The most points that int8 may lose on validation images."""
    teacher: nn.Module | None = None
    """Whose answers to the same images the network learns too."""

    def at(self, device: DeviceSpec, engine: Engine, budget_ms: float | None) -> "Workshop":
        """The same for another device."""
        return replace(self, device=device, engine=engine, budget_ms=budget_ms)

    @property
    def preprocessing(self) -> Preprocessing:
        """How this data set's images are fed to a network."""
        return preprocessing_of(self.data)

    def train(self, network: nn.Module, checkpoint: Path, on_epoch: OnEpoch) -> nn.Module:
        """Train to the end, going on from ``checkpoint``."""
        finetuner = Finetuner(
            network, self.data, self.settings, seed=self.seed, teacher=self.teacher
        )
        return finetuner.run(checkpoint, on_epoch)

    def deploy(self, network: nn.Module, shape: Sequence[int], checkpoint: Path) -> Finished:
        """Export, compare with torch, quantize, audit and time a trained network.

        It reads ``shape``, ``(batch, channels, height, width)``.

        Where int8 loses more than it may, the network is trained on with rounded layers, from
        ``checkpoint`` if it is there; then the most sensitive layers stay in float.

        Raises:
            ExportError: ONNX Runtime does not compute what torch does.
            NoNetworkFitsError: int8 loses too much with any layers in float that the budget
                leaves time for.
            QuantizeError: A convolution or matrix product would run in float.
        """
        images = calibration_images(self.data, self.device)
        exported = self._exported(network, shape, images)
        if self.device.precision == "int8":
            made = self._quantizer(images).make(
                exported,
                None if self.max_int8_drop is None else self.max_int8_drop / 100,
                lambda: self._exported(self._trained_on(network, checkpoint), shape, images),
            )
        else:
            ready = deployable(exported.model, self.device, self.engine, images)
            made = Made(float32=exported, ready=ready, recipe=self.device.recipe)
        content = made.ready.content
        return Finished(
            float32=made.float32.model,
            deployed=made.ready,
            recipe=made.recipe,
            int8_steps=made.steps,
            sensitivities=made.sensitivities,
            measurement=self._measured(content),
            memory_bytes=self.engine.allocated_bytes(content, self.device),
            export_difference=made.float32.difference,
        )

    def _exported(
        self, network: nn.Module, shape: Sequence[int], images: NDArray[np.float32]
    ) -> Exported:
        float32 = to_onnx(network, tuple(shape))
        runner = on_this_processor(float32.SerializeToString(), self.device)
        return Exported(float32, check_agreement(network, runner, images[: self.device.batch]))

    def _trained_on(self, network: nn.Module, checkpoint: Path) -> nn.Module:
        """A copy that went on for a while with rounded layers, at a low rate."""
        rounded = copy.deepcopy(network)
        round_layers(rounded)
        settings = self.settings
        n_epochs = max(1, round(ROUNDED_SHARE * settings.n_epochs(len(self.data.train))))
        gentle = replace(
            settings, epochs=n_epochs, learning_rate=ROUNDED_RATE * settings.learning_rate
        )
        trained = replace(self, settings=gentle).train(rounded, checkpoint, lambda *_: None)
        unround_layers(trained)
        return trained

    def _quantizer(self, images: NDArray[np.float32]) -> Quantizer:
        return Quantizer(
            device=self.device,
            engine=self.engine,
            images=images,
            accuracy=self._validation_accuracy,
            answer=self._logits,
            measure=self._measured,
            budget_ms=self.budget_ms,
        )

    def _measured(self, content: bytes) -> Measurement:
        return measure_within(content, self.device, self.engine, self.budget_ms, NETWORK_PLAN)

    def _validation_accuracy(self, model: onnx.ModelProto) -> float:
        """Of validation images, on this processor: the test images are for the last figure."""
        runner = on_this_processor(model.SerializeToString(), self.device)
        images = self.data.validation
        some = replace(
            images, images=images.images[:ENOUGH_IMAGES], labels=images.labels[:ENOUGH_IMAGES]
        )
        return deployed_accuracy(runner, some, self.preprocessing)

    def _logits(self, model: onnx.ModelProto) -> NDArray[np.float32]:
        """Of ``SOME_IMAGES`` validation images, whole batches of them."""
        runner = on_this_processor(model.SerializeToString(), self.device)
        batch = self.device.batch
        n = max(1, SOME_IMAGES // batch) * batch
        places = np.arange(n) % len(self.data.validation)
        images = self.preprocessing(self.data.validation.images[places])
        return np.concatenate([runner(images[at : at + batch]) for at in range(0, n, batch)])

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
