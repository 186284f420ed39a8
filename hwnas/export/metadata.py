"""What a deployed model says of itself: device, budget, latency, preprocessing, classes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hwnas.errors import InvalidInputError, reason
from hwnas.record import read_record

KEY = "hwnas"


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """From a picture's bytes to the model's input: ``(bytes / 255 - mean) / std``, then layout.

    ``mean`` and ``std`` hold one number a channel.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    input_size: int
    layout: str = "NCHW"
    channel_order: str = "RGB"
    scale: float = 1 / 255

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``(n, height, width, channels)`` bytes to ``(n, channels, height, width)`` floats."""
        scaled = images.astype(np.float32) * np.float32(self.scale)
        mean, std = (np.array(values, np.float32) for values in (self.mean, self.std))
        normalised = (scaled - mean) / std
        return np.ascontiguousarray(normalised.transpose(0, 3, 1, 2), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The facts an emitted model carries in its ONNX metadata, as JSON under ``hwnas``.

    Latencies are milliseconds; ``trained`` is false for a network exported only to be timed.
    """

    architecture: dict[str, Any]
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    precision: str
    trained: bool
    device: str = ""
    threads: int = 1
    batch: int = 1
    latency_budget_ms: float | None = None
    measured_latency_ms: float | None = None
    provenance: str = ""
    hwnas_version: str = ""


def write_card(model: onnx.ModelProto, card: ModelCard) -> None:
    """Put the card into the model's metadata, in place of an older one."""
    kept = [entry for entry in model.metadata_props if entry.key != KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    model.metadata_props.add(key=KEY, value=json.dumps(asdict(card)))


def read_card(properties: Mapping[str, str], source: str) -> ModelCard:
    """The card of an emitted model.

    Raises:
        InvalidInputError: The model was not made by hwnas.
    """
    if KEY not in properties:
        raise InvalidInputError(
            f"{source} carries no hwnas metadata, so its preprocessing is unknown. "
            "Check its latency alone (leave --data out), or export it with hwnas."
        )
    try:
        table = json.loads(properties[KEY])
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"The hwnas metadata of {source} is damaged: {reason(error)}. Export the model again."
        ) from error
    return read_record(ModelCard, table, f"the metadata of {source}")


def properties_of(model: onnx.ModelProto) -> dict[str, str]:
    """The metadata as a mapping."""
    return {entry.key: entry.value for entry in model.metadata_props}
