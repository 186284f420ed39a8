"""Predictions and promises are held against what was found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hwnas.data import LabelledImages
from hwnas.device import DeviceSpec
from hwnas.errors import ExportError, InvalidInputError
from hwnas.export import Preprocessing
from hwnas.measure import NETWORK_PLAN, Measurement, MeasurePlan
from hwnas.measure.engine.simulated import SimulatedEngine
from hwnas.verify import VerifyReport, check_agreement, deployed_accuracy, measure_within

PREPROCESSING = Preprocessing(mean=(0.0,), std=(1.0,), input_size=2)


class BrightOrDark:
    """Class 1 where the image is brighter than half."""

    def __init__(self, batch: int) -> None:
        self.input_shape = (batch, 1, 2, 2)

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        bright = batch.mean((1, 2, 3)) - 0.5
        return np.stack([-bright, bright], axis=1)


def images(n: int) -> LabelledImages:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (n, 2, 2, 1), dtype=np.uint8)
    labels = (pictures.mean((1, 2, 3)) > 127.5).astype(np.int64)
    labels[0] = 1 - labels[0]
    return LabelledImages(images=pictures, labels=labels)


@pytest.mark.parametrize("batch", [1, 3, 20])
def test_accuracy_is_the_same_for_every_batch(batch: int) -> None:
    assert deployed_accuracy(BrightOrDark(batch), images(10), PREPROCESSING) == 0.9


def test_images_of_another_shape_are_refused() -> None:
    runner = BrightOrDark(1)
    runner.input_shape = (1, 3, 4, 4)
    with pytest.raises(InvalidInputError, match="4x4 images of 3 channels"):
        deployed_accuracy(runner, images(3), PREPROCESSING)


class Double:
    """Twice the input, wrong by ``error``."""

    def __init__(self, error: float) -> None:
        self.input_shape = (1, 3)
        self._error = error

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        return np.asarray(2 * batch + self._error, np.float32)


def twice() -> torch.nn.Module:
    layer = torch.nn.Linear(3, 3, bias=False)
    layer.weight.data = 2 * torch.eye(3)
    return layer


def test_equal_outputs_agree_and_others_do_not() -> None:
    ones = np.ones((1, 3), np.float32)
    assert check_agreement(twice(), Double(0), ones) == 0
    with pytest.raises(ExportError, match="differs from the trained one by 0"):
        check_agreement(twice(), Double(0.01), ones)
    with pytest.raises(ExportError):
        check_agreement(twice(), Double(float("nan")), ones)


class Scripted(SimulatedEngine):
    """Gives these medians, one after another."""

    def __init__(self, *medians_ms: float) -> None:
        super().__init__()
        self.left = list(medians_ms)

    def measure(self, model: bytes, device: DeviceSpec, plan: MeasurePlan) -> Measurement:
        return took(self.left.pop(0))


def took(ms: float) -> Measurement:
    return Measurement(median_ms=ms, p90_ms=ms, min_ms=ms, mad_ms=0, n_runs=3)


@pytest.mark.parametrize(
    ("medians_ms", "kept_ms", "n_left"),
    [([1, 9, 9], 1, 2), ([3, 1, 9], 1, 1), ([5, 4, 3], 3, 0), ([4, 5, 6, 1], 4, 1)],
)
def test_a_slow_timing_is_doubted_twice_and_a_fast_one_never(
    simulated: DeviceSpec, medians_ms: list[float], kept_ms: float, n_left: int
) -> None:
    engine = Scripted(*medians_ms)
    found = measure_within(b"", simulated, engine, 2.0, NETWORK_PLAN)
    assert (found.median_ms, len(engine.left)) == (kept_ms, n_left)


def test_without_a_budget_once_is_enough(simulated: DeviceSpec) -> None:
    engine = Scripted(9, 1)
    assert measure_within(b"", simulated, engine, None, NETWORK_PLAN).median_ms == 9


REPORT = VerifyReport(
    model="m.onnx",
    device="d",
    threads=1,
    budget_ms=2.0,
    measured=took(2.0),
    min_accuracy=0.9,
    accuracy=0.9,
)


def test_promises_just_kept_are_kept() -> None:
    assert REPORT.kept


def test_each_broken_promise_is_a_sentence() -> None:
    broken = replace(REPORT, measured=took(2.5), accuracy=0.85)
    assert broken.failures == [
        "m.onnx takes 2.5 ms on d, over its budget of 2 ms.",
        "m.onnx is 0.8500 accurate, under the 0.9 asked for.",
    ]
