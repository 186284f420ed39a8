"""``hwnas verify``: an ONNX file, anyone's, against a budget on a device."""

from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError, reason
from hwnas.export import properties_of, read_card
from hwnas.measure import NETWORK_PLAN
from hwnas.measure.engine import Engine, engine_for
from hwnas.pipeline.arguments import device_with
from hwnas.pipeline.images import load_images
from hwnas.pipeline.quantity import byte_count, milliseconds
from hwnas.progress import OnProgress, silent
from hwnas.verify import (
    VerifyReport,
    deployed_accuracy,
    difference_from_processor,
    measure_within,
)


@dataclass(frozen=True, kw_only=True)
class VerifyRequest:
    """What is promised of a model; accuracy needs ``data`` and hwnas's own metadata."""

    model: Path
    device: DeviceSpec
    budget_ms: float | None
    max_memory_bytes: int | None = None
    max_file_bytes: int | None = None
    data: str | None = None
    min_accuracy: float | None = None
    skip_bad: bool = False
    allow_estimated: bool = False

    def __post_init__(self) -> None:
        if self.min_accuracy is not None and not 0 <= self.min_accuracy <= 1:
            raise InvalidInputError(
                f"--min-accuracy {self.min_accuracy} is no share. Give one from 0 to 1, as in 0.9."
            )
        if self.min_accuracy is not None and self.data is None:
            raise InvalidInputError("--min-accuracy needs images. Name them with --data.")


def verify(  # noqa: PLR0913 - a command's options
    model: str | Path,
    latency: str | None = None,
    *,
    device: str = "local",
    engine: str | None = None,
    connection: str | None = None,
    threads: int | None = None,
    max_memory: str | None = None,
    max_size: str | None = None,
    data: str | None = None,
    min_accuracy: float | None = None,
    skip_bad: bool = False,
    allow_estimated: bool = False,
    on_progress: OnProgress = silent,
) -> VerifyReport:
    """Time an ONNX file on the device and test it, against what is promised.

    Args:
        model: The file; a foreign one can be timed but not tested.
        latency: The budget with its unit.
        device: A name of ``hwnas devices`` or a device file.
        engine: What runs the models; the device file's by default.
        connection: How the device is reached; the device file's by default.
        threads: Threads of one inference; the device file's by default.
        max_memory: Largest peak working set, such as ``"2MiB"``; weights are not counted.
        max_size: Largest file, such as ``"500kB"``.
        data: Whose test images to use.
        min_accuracy: Least share of test images to classify right, from 0 to 1.
        allow_estimated: Whether an estimated latency may keep the budget.
        skip_bad: Leave unreadable and mislabelled images out.
        on_progress: Told while images are read.

    Raises:
        HwnasError: A value cannot be used, or the device refuses the model.
    """
    request = VerifyRequest(
        model=Path(model),
        device=device_with(device, engine=engine, connection=connection, threads=threads),
        budget_ms=None if latency is None else milliseconds(latency),
        max_memory_bytes=None if max_memory is None else byte_count(max_memory, "--max-memory"),
        max_file_bytes=None if max_size is None else byte_count(max_size, "--max-size"),
        data=data,
        min_accuracy=min_accuracy,
        skip_bad=skip_bad,
        allow_estimated=allow_estimated,
    )
    return run_verify(request, on_progress)


def run_verify(request: VerifyRequest, on_progress: OnProgress) -> VerifyReport:
    """Time the file, see where its operators run and what it allocates; with images, test it.

    Raises:
        InvalidInputError: No ONNX file, or accuracy is asked of a foreign one.
        MeasurementError: The device refuses it.
    """
    model = _load(request.model)
    engine = engine_for(request.device)
    accuracy = None
    if request.data is not None:
        accuracy = _accuracy(request, model, engine, on_progress)
    content = model.SerializeToString()
    measured = measure_within(content, request.device, engine, request.budget_ms, NETWORK_PLAN)
    return VerifyReport(
        model=str(request.model),
        device=request.device.name,
        threads=request.device.threads,
        budget_ms=request.budget_ms,
        measured=measured,
        max_memory_bytes=request.max_memory_bytes,
        memory_bytes=engine.allocated_bytes(content, request.device),
        max_file_bytes=request.max_file_bytes,
        file_bytes=_file_bytes(request.model, content),
        min_accuracy=request.min_accuracy,
        accuracy=accuracy,
        allow_estimated=request.allow_estimated,
        ran_on=engine.placement(content, request.device),
        difference=difference_from_processor(content, request.device, engine),
    )


def _load(path: Path) -> onnx.ModelProto:
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder. Name the model.*.onnx in it.")
    try:
        model = onnx.load(path, format="protobuf")
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        raise InvalidInputError(
            f"{path} is no readable ONNX file: {reason(error)}. Name a model.*.onnx."
        ) from error
    if not model.graph.node:
        raise InvalidInputError(
            f"{path} is no ONNX model: its graph is empty. Name a model.*.onnx."
        )
    return model


def _file_bytes(path: Path, content: bytes) -> int:
    """The file's own size, or what it would be where its weights lie beside it."""
    return max(path.stat().st_size, len(content))


def _accuracy(
    request: VerifyRequest, model: onnx.ModelProto, engine: Engine, on_progress: OnProgress
) -> float:
    card = read_card(properties_of(model), str(request.model))
    size = card.preprocessing.input_size
    data = load_images(str(request.data), size, on_progress, skip_bad=request.skip_bad)
    if card.class_names and data.class_names != card.class_names:
        raise InvalidInputError(
            f"{request.model} knows the classes {', '.join(card.class_names[:5])} …, the data "
            f"{', '.join(data.class_names[:5])} …. Name the data it was made for."
        )
    runner = engine.load(model.SerializeToString(), request.device)
    return deployed_accuracy(runner, data.test, card.preprocessing)
