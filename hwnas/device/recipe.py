"""How a device wants its int8 models quantized."""

from dataclasses import dataclass
from typing import Literal, get_args

Integer = Literal["uint8", "int8"]
Activations = Literal["uint8", "int8", "uint16"]
Calibration = Literal["minmax", "percentile", "entropy"]
CALIBRATIONS: tuple[Calibration, ...] = get_args(Calibration)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Types and ranges of an int8 QDQ model.

    The right one depends on the device: on AVX512-VNNI ``uint8`` activations with ``int8`` weights
    run twice as fast as any other pair. A DSP takes ``uint16`` activations too, slower and closer.
    """

    activations: Activations = "uint8"
    weights: Integer = "int8"
    per_channel: bool = True
    calibration: Calibration = "minmax"
    percentile: float = 99.99
    n_calibration_images: int = 256
    float_layers: tuple[str, ...] = ()
    """Convolutions and matrix products of a model, by their names, that stay in float."""

    def __post_init__(self) -> None:
        if not 50 < self.percentile <= 100:
            raise ValueError(f"percentile must be above 50 and at most 100, got {self.percentile}")
        if self.n_calibration_images < 1:
            raise ValueError(
                f"n_calibration_images must be at least 1, got {self.n_calibration_images}"
            )
