"""int8 within an allowed loss: by other calibrations, then with some layers in float."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.device import CALIBRATIONS, DeviceSpec, Recipe
from hwnas.errors import NoNetworkFitsError
from hwnas.measure import Measurement
from hwnas.measure.engine import Engine
from hwnas.quantize import Deployable, LayerSensitivity, deployable, layer_sensitivities
from hwnas.quantize.sensitivity import Answer
from hwnas.report import Int8Step

MOST_LOST = 0.005
"""Share of validation images that may be lost before other calibrations are tried."""


@dataclass(frozen=True)
class Exported:
    """A float model, and the largest difference of its logits from torch's."""

    model: onnx.ModelProto
    difference: float


@dataclass(frozen=True, kw_only=True)
class Made:
    """What ships, the float model it was made of, and how that was brought about."""

    float32: Exported
    ready: Deployable
    recipe: Recipe
    steps: tuple[Int8Step, ...] = ()
    sensitivities: tuple[LayerSensitivity, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """A model made int8, by which recipe, and the share of validation images it gets right."""

    ready: Deployable
    recipe: Recipe
    accuracy: float

    def made_of(self, float32: Exported) -> Made:
        """As what ships, of this float model."""
        return Made(float32=float32, ready=self.ready, recipe=self.recipe)


@dataclass(frozen=True, kw_only=True)
class Quantizer:
    """What making any float model int8 takes."""

    device: DeviceSpec
    engine: Engine
    images: NDArray[np.float32]
    """For calibration, preprocessed."""
    accuracy: Callable[[onnx.ModelProto], float]
    """Share of validation images a model classifies right."""
    answer: Answer
    """A model's logits of some images."""
    measure: Callable[[bytes], Measurement]
    budget_ms: float | None

    def make(
        self, float32: Exported, most_lost: float | None, trained_on: Callable[[], Exported]
    ) -> Made:
        """Lose no more than ``most_lost`` of the validation images, if that is said.

        Args:
            float32: The trained network.
            most_lost: A share of images; ``None`` tries other calibrations at most, and tells
                no sensitivities.
            trained_on: The network after some more training, with rounded layers.

        Raises:
            NoNetworkFitsError: It loses more with any layers in float that the budget allows.
            QuantizeError: A convolution or matrix product would run in float unasked.
        """
        exact = self.accuracy(float32.model)
        least = exact - (MOST_LOST if most_lost is None else most_lost)
        best = self._best_calibrated(float32.model, least)
        if most_lost is None:
            return best.made_of(float32)
        if best.accuracy >= least:
            return self._told(best.made_of(float32))
        steps = [self._step("calibrated", exact, best)]
        rounded = trained_on()
        again = self._best_calibrated(rounded.model, least)
        steps.append(self._step("trained on with rounded layers", exact, again))
        if again.accuracy > best.accuracy:
            float32, best = rounded, again
        if best.accuracy >= least:
            return self._told(replace(best.made_of(float32), steps=tuple(steps)))
        return self._with_float_layers(float32, best.recipe, (exact, least), steps)

    def _with_float_layers(
        self,
        float32: Exported,
        recipe: Recipe,
        accuracies: tuple[float, float],
        steps: list[Int8Step],
    ) -> Made:
        """With the fewest layers in float that get the least of both accuracies, by doubling."""
        exact, least = accuracies
        found = self._sensitivities(float32, recipe)
        for n in _doubling(len(found)):
            layers = tuple(one.layer for one in found[:n])
            tried = self._by(float32.model, replace(recipe, float_layers=layers))
            steps.append(self._step(f"{n} layers in float", exact, tried))
            if self.budget_ms is not None and steps[-1].latency_ms > self.budget_ms:
                break
            if tried.accuracy >= least:
                made = tried.made_of(float32)
                return replace(made, steps=tuple(steps), sensitivities=found)
        raise _too_lossy(exact - least, steps)

    def _told(self, made: Made) -> Made:
        """With what each of its layers' rounding does alone."""
        return replace(made, sensitivities=self._sensitivities(made.float32, made.recipe))

    def _sensitivities(self, float32: Exported, recipe: Recipe) -> tuple[LayerSensitivity, ...]:
        return tuple(layer_sensitivities(float32.model, recipe, self.images, self.answer))

    def _best_calibrated(self, float32: onnx.ModelProto, least: float) -> Quantized:
        """By the device's recipe; by another calibration where that gets less than ``least``."""
        first = best = self._by(float32, self.device.recipe)
        if first.accuracy >= least:
            return first
        for calibration in CALIBRATIONS:
            if calibration != self.device.recipe.calibration:
                tried = self._by(float32, replace(self.device.recipe, calibration=calibration))
                best = max(best, tried, key=lambda one: one.accuracy)
        return best

    def _by(self, float32: onnx.ModelProto, recipe: Recipe) -> Quantized:
        device = replace(self.device, recipe=recipe)
        ready = deployable(float32, device, self.engine, self.images)
        return Quantized(ready=ready, recipe=recipe, accuracy=self.accuracy(ready.model))

    def _step(self, made: str, exact: float, quantized: Quantized) -> Int8Step:
        latency_ms = self.measure(quantized.ready.content).median_ms
        return Int8Step(made=made, lost=exact - quantized.accuracy, latency_ms=latency_ms)


def _doubling(most: int) -> list[int]:
    """1, 2, 4 … and ``most`` at last."""
    return [*(2**n for n in range(most.bit_length()) if 2**n < most), most]


def _too_lossy(most_lost: float, steps: Sequence[Int8Step]) -> NoNetworkFitsError:
    told = "; ".join(f"{s.made}: {100 * s.lost:.2f} at {s.latency_ms:.4g} ms" for s in steps)
    return NoNetworkFitsError(
        f"int8 loses more than the {100 * most_lost:g} points of --max-int8-drop within the "
        f"budget ({told}). Raise one of them, or search with --precision float32."
    )
