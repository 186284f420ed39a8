"""Calibration: which images are read, which are refused, and that nothing is said aloud."""

import logging
import sys

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from hwnas.block import ConvSpec
from hwnas.device import CALIBRATIONS, Recipe
from hwnas.errors import QuantizeError
from hwnas.export import to_onnx
from hwnas.network import build, randomize_statistics
from hwnas.quantize import quantize
from hwnas.quantize.calibrate import ImageReader

IMAGES = np.random.default_rng(0).standard_normal((24, 8, 4, 4)).astype(np.float32)


def float_model(batch: int = 1, activation: str = "relu6") -> onnx.ModelProto:
    block = ConvSpec(
        input_size=4,
        in_channels=8,
        out_channels=8,
        kernel_size=3,
        stride=1,
        activation=activation,
    )
    torch.manual_seed(0)
    network = build([block])
    randomize_statistics(network, torch.Generator().manual_seed(0))
    return to_onnx(network, (batch, 8, 4, 4))


def input_range(model: onnx.ModelProto) -> tuple[float, float]:
    """The smallest and largest input the integers can tell apart."""
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    scale, zero = float(tensors["input_scale"]), int(tensors["input_zero_point"])
    return -zero * scale, (255 - zero) * scale


def read(reader: ImageReader) -> list[NDArray[np.float32]]:
    return [batch["x"] for batch in iter(reader.get_next, None)]


@pytest.mark.parametrize(
    ("n_images", "batch", "n_batches"),
    [(24, 1, 24), (23, 1, 16), (5, 1, 5), (24, 3, 8), (7, 3, 2), (3, 3, 1), (80, 4, 16)],
)
def test_whole_steps_of_whole_batches_are_read(n_images: int, batch: int, n_batches: int) -> None:
    images = np.arange(n_images, dtype=np.float32)[:, None]
    reader = ImageReader({"x": 1}, images, batch)
    assert len(reader) == n_batches and n_batches % reader.stride == 0
    np.testing.assert_array_equal(np.concatenate(read(reader)), images[: n_batches * batch])


def test_a_range_of_batches_is_read_alone() -> None:
    reader = ImageReader({"x": 1}, np.arange(24, dtype=np.float32)[:, None], 2)
    reader.set_range(3, 5)
    np.testing.assert_array_equal(np.concatenate(read(reader))[:, 0], [6, 7, 8, 9])


def test_minmax_spans_every_image_read() -> None:
    found = input_range(quantize(float_model(), Recipe(), IMAGES))
    assert found == pytest.approx((IMAGES.min(), IMAGES.max()), rel=0.02)


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_batch_changes_no_range(batch: int) -> None:
    found = input_range(quantize(float_model(batch), Recipe(), IMAGES))
    assert found == input_range(quantize(float_model(), Recipe(), IMAGES))


def test_a_lower_percentile_is_a_narrower_range() -> None:
    widths = []
    for percentile in (99.0, 80.0):
        recipe = Recipe(calibration="percentile", percentile=percentile)
        low, high = input_range(quantize(float_model(), recipe, IMAGES))
        widths.append(high - low)
    assert widths[0] > widths[1]


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibration_is_repeatable(calibration: str) -> None:
    recipe = Recipe(calibration=calibration)  # type: ignore[arg-type]
    assert quantize(float_model(), recipe, IMAGES) == quantize(float_model(), recipe, IMAGES)


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibration_prints_and_logs_nothing(
    calibration: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    quantize(float_model(), Recipe(calibration=calibration), IMAGES)  # type: ignore[arg-type]
    captured = capsys.readouterr()
    assert (captured.out, captured.err, caplog.records) == ("", "", [])


def test_others_may_log_again_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    quantize(float_model(), Recipe(), IMAGES)
    logging.getLogger().warning("heard")
    assert caplog.messages == ["heard"]


def test_others_may_log_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no")

    module = sys.modules[quantize.__module__]  # the room's function hides its module
    monkeypatch.setattr(module, "quantize_static", fail)
    with pytest.raises(QuantizeError, match="quantizer failed: no"):
        quantize(float_model(), Recipe(), IMAGES)
    assert not logging.getLogger().disabled


def test_fewer_images_than_a_batch_are_refused() -> None:
    with pytest.raises(QuantizeError, match="3 calibration images do not fill one batch of 4"):
        quantize(float_model(4), Recipe(), IMAGES[:3])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_single_bad_pixel_is_refused(value: float) -> None:
    images = IMAGES.copy()
    images[20, 3, 2, 1] = value
    with pytest.raises(QuantizeError, match="NaN or infinity"):
        quantize(float_model(), Recipe(), images)


@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_signed_activations_use_all_their_integers(activation: str) -> None:
    model = quantize(float_model(activation=activation), Recipe(activations="int8"), IMAGES)
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    assert int(tensors["output_zero_point"]) == -128


def test_blank_images_are_quantized() -> None:
    blank = np.zeros_like(IMAGES)
    onnx.checker.check_model(quantize(float_model(), Recipe(), blank))


def test_inputs_of_fewer_channels_are_fed_the_leading_ones() -> None:
    reader = ImageReader({"wide": 8, "narrow": 3}, IMAGES, 4)
    batch = reader.get_next()
    assert batch is not None
    np.testing.assert_array_equal(batch["wide"], IMAGES[:4])
    np.testing.assert_array_equal(batch["narrow"], IMAGES[:4, :3])
