"""``hwnas export``: a run, an architecture or a preset as an ONNX file in any precision."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from hwnas.data import DataSet
from hwnas.device import CALIBRATIONS, DeviceSpec
from hwnas.errors import InvalidInputError, reason
from hwnas.export import ModelCard, Preprocessing, properties_of, read_card, to_onnx, write_card
from hwnas.measure.engine import engine_for
from hwnas.network import build, input_shape, randomize_statistics
from hwnas.pipeline.finish import calibration_images, preprocessing_of
from hwnas.pipeline.images import load_images, usable_space
from hwnas.progress import OnProgress
from hwnas.quantize import deployable
from hwnas.space import (
    Architecture,
    Space,
    architecture_from_json,
    architecture_to_json,
    blocks_of,
    only_architecture,
)
from hwnas.version import VERSION
from hwnas.whole_file import check_writable, write_whole


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What to export and where to; image sizes matter for presets without ``data`` only."""

    source: str
    device: DeviceSpec
    out: Path
    data: str | None = None
    input_size: int = 224
    in_channels: int = 3
    n_classes: int = 1000
    skip_bad: bool = False
    calibration: str | None = None
    """That was asked for; a run's own otherwise, or the device's."""


@dataclass(frozen=True)
class ExportReport:
    """What was written; ``left_in_float`` lists light operators that int8 does not reach."""

    out: Path
    n_bytes: int
    trained: bool
    left_in_float: tuple[str, ...]


def run_export(request: ExportRequest, on_progress: OnProgress) -> ExportReport:
    """Write one ONNX file; the weights of a run, else random ones, good for timing only.

    Raises:
        InvalidInputError: The source is no run, architecture or preset.
        QuantizeError: A convolution or matrix product would run in float.
    """
    check_writable(request.out.parent)
    run, device = Path(request.source), request.device
    if run.is_dir():
        float32, card, data = _from_run(run, request, on_progress)
        device = _calibrated_as(run, request)
    else:
        float32, card, data = _untrained(request, on_progress)
    ready = deployable(
        float32, device, engine_for(device), _calibration(float32, data, card, device)
    )
    write_card(
        ready.model,
        replace(
            card,
            precision=device.precision,
            device=device.name,
            threads=device.threads,
            latency_budget_ms=None,
            measured_latency_ms=None,
            provenance="",
            hwnas_version=VERSION,
        ),
    )
    write_whole(request.out, ready.content)
    return ExportReport(request.out, len(ready.content), card.trained, ready.left_in_float)


Source = tuple[onnx.ModelProto, ModelCard, DataSet | None]


def _from_run(run: Path, request: ExportRequest, on_progress: OnProgress) -> Source:
    try:
        float32 = onnx.load(run / "model.float32.onnx")
        result = json.loads((run / "result.json").read_text(encoding="utf-8"))
        source, run_skipped = str(result["data_source"]), bool(result["skip_bad"])
    except (OSError, DecodeError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(
            f"{run} is no finished run: {reason(error)}. Name a folder that hwnas search wrote."
        ) from error
    card = read_card(properties_of(float32), str(run / "model.float32.onnx"))
    if request.device.batch != card.batch:
        raise InvalidInputError(
            f"The run's model has batch {card.batch}, {request.device.batch} was asked for. "
            "Leave --batch out, or search with it."
        )
    if request.device.precision != "int8":
        return float32, card, None
    data = load_images(
        request.data or source,
        card.preprocessing.input_size,
        on_progress,
        skip_bad=request.skip_bad or (request.data is None and run_skipped),
    )
    return float32, card, data


def _calibrated_as(run: Path, request: ExportRequest) -> DeviceSpec:
    """The device with the run's float layers, and its calibration unless one was asked for."""
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    recipe = request.device.recipe
    recipe = replace(recipe, float_layers=tuple(map(str, result.get("float_layers", ()))))
    for calibration in CALIBRATIONS:
        if request.calibration is None and result.get("calibration") == calibration:
            recipe = replace(recipe, calibration=calibration)
    return replace(request.device, recipe=recipe)


def _untrained(request: ExportRequest, on_progress: OnProgress) -> Source:
    data = None
    if request.data is not None:
        data = load_images(request.data, None, on_progress, skip_bad=request.skip_bad)
    space, architecture = _architecture(request, data)
    blocks = blocks_of(space, architecture)
    network = build(blocks)
    randomize_statistics(network, torch.Generator().manual_seed(0))
    float32 = to_onnx(network, input_shape(blocks, request.device.batch))
    first = blocks[0]
    if data is not None and data.input_size != first.input_size:
        size = first.input_size
        data = load_images(str(request.data), size, on_progress, skip_bad=request.skip_bad)
    card = ModelCard(
        architecture=architecture_to_json(space, architecture),
        preprocessing=_preprocessing(data, first.in_channels, first.input_size),
        class_names=data.class_names if data else (),
        precision="float32",
        trained=False,
        batch=request.device.batch,
    )
    return float32, card, data


def _architecture(request: ExportRequest, data: DataSet | None) -> tuple[Space, Architecture]:
    path = Path(request.source)
    if path.suffix == ".json":
        return _architecture_in(path)
    space = usable_space(
        request.source,
        input_size=data.input_size if data else request.input_size,
        in_channels=data.in_channels if data else request.in_channels,
        n_classes=data.n_classes if data else request.n_classes,
    )
    return space, only_architecture(space)


def _architecture_in(path: Path) -> tuple[Space, Architecture]:
    try:
        return architecture_from_json(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError, TypeError, ZeroDivisionError) as error:
        raise InvalidInputError(
            f"Cannot read {path}: {reason(error)}. Name the architecture.json of a run."
        ) from error


def _preprocessing(data: DataSet | None, channels: int, size: int) -> Preprocessing:
    if data is not None:
        return preprocessing_of(data)
    return Preprocessing(mean=(0.5,) * channels, std=(0.25,) * channels, input_size=size)


def _calibration(
    float32: onnx.ModelProto, data: DataSet | None, card: ModelCard, device: DeviceSpec
) -> NDArray[np.float32]:
    if data is not None:
        return calibration_images(data, device)
    dims = float32.graph.input[0].type.tensor_type.shape.dim
    shape = tuple(dim.dim_value for dim in dims)
    images = np.random.default_rng(0).standard_normal((4 * shape[0], *shape[1:]))
    return images.astype(np.float32)
