"""What a search found, as plain values; ``result.json`` is exactly this."""

import math
from dataclasses import dataclass
from typing import Any

from hwnas.measure import Measurement, Provenance
from hwnas.regression.qualities import QualityFit
from hwnas.report.pruning import Pruning

DISTIL_LONGER = (
    "Distil longer with --distil-images and --distil-epochs, or fine-tune more networks with "
    "--finetuned."
)
"""What makes a predictor of DONNA better."""


@dataclass(frozen=True, kw_only=True)
class FrontPoint:
    """One network of the front; ``supernet_accuracy`` only where it was asked.

    ``expected_accuracy`` is the regression's, where the search learned one: of networks asked or
    trained as briefly as those it learned from, not of the one that is trained to the end. Memory
    and size are predicted. ``other_latencies_ms`` are corrected latencies on the other devices, in
    their order.
    """

    corrected_latency_ms: float
    score: float
    params: int
    macs: int
    supernet_accuracy: float | None
    expected_accuracy: float | None = None
    memory_bytes: int | None = None
    model_bytes: int | None = None
    other_latencies_ms: tuple[float, ...] = ()
    choices: str


@dataclass(frozen=True, kw_only=True)
class MeasuredNetwork:
    """A network that was built and timed while the search chose; accuracy if a supernet told."""

    choices: str
    predicted_latency_ms: float
    measured_latency_ms: float
    supernet_accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A published network on the same images and device; accuracies only where it was trained."""

    name: str
    params: int
    macs: int
    measured_latency_ms: float
    provenance: Provenance
    accuracy_float32: float | None
    accuracy_int8: float | None
    accuracy_float16: float | None = None

    @property
    def accuracy(self) -> float | None:
        """Of the precision that was deployed; ``None`` where it was not trained."""
        asked = (self.accuracy_int8, self.accuracy_float16)
        return next((found for found in asked if found is not None), self.accuracy_float32)


@dataclass(frozen=True, kw_only=True)
class Int8Step:
    """A way the network was made int8: the share of validation images lost by it, and its time."""

    made: str
    lost: float
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class OtherDevice:
    """The network on another device: ``file`` holds it as that device's recipe makes it."""

    device: str
    engine: str
    provenance: Provenance
    precision: str
    threads: int
    latency_budget_ms: float | None
    predicted_latency_ms: float
    corrected_latency_ms: float
    measured_latency_ms: float
    measured_latency_spread: Measurement
    accuracy: float
    memory_bytes: int | None
    model_bytes: int
    left_in_float: tuple[str, ...]
    calibration: str | None
    int8_steps: tuple[Int8Step, ...]
    float_layers: tuple[str, ...]
    n_estimated_blocks: int
    file: str


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """Times in milliseconds, accuracies on the test split from 0 to 1, through the engine.

    ``predicted_latency_ms`` is the sum of the blocks, ``corrected_latency_ms`` what it becomes by
    the networks timed while choosing. ``accuracy_int8`` and ``accuracy_float16`` are ``None``
    where another precision was asked for.
    ``memory_bytes`` is the peak working set that ONNX Runtime allocated, weights not counted;
    ``None`` where it does not tell.
    ``params`` and ``macs`` are for one image, BatchNorm counted as torch counts it.
    ``images_per_second`` is how fast the supernet was trained, an image counted for each network.
    """

    device: str
    engine: str
    provenance: Provenance
    strategy: str
    supernet: str = "path"
    space: str
    seed: int
    data: str
    data_source: str
    skip_bad: bool
    data_fingerprint: str
    precision: str
    threads: int
    batch: int
    latency_budget_ms: float | None
    max_params: int | None
    max_macs: int | None
    n_blocks: int
    n_estimated_blocks: int
    max_memory_bytes: int | None
    max_file_bytes: int | None
    max_height: int | None = None
    non_parametric_edges: int | None = None
    predicted_latency_ms: float
    corrected_latency_ms: float
    measured_latency_ms: float
    measured_latency_spread: Measurement
    float32_latency_ms: float
    accuracy_float32: float
    accuracy_int8: float | None
    accuracy_float16: float | None = None
    params: int
    macs: int
    predicted_memory_bytes: int
    memory_bytes: int | None
    predicted_model_bytes: int
    model_bytes: int
    float32_bytes: int
    left_in_float: tuple[str, ...]
    calibration: str | None = None
    recipe_calibration: str | None = None
    max_int8_drop: float | None = None
    """The most points of accuracy that int8 may lose on validation images, where that was said."""
    int8_steps: tuple[Int8Step, ...] = ()
    """How int8 was brought within that, in order; empty where nothing had to be done."""
    float_layers: tuple[str, ...] = ()
    """Convolutions and matrix products that stay in float for it."""
    sensitivities: tuple[tuple[str, float], ...] = ()
    """Layers, and the noise that their rounding alone puts on the logits, as a share of these."""
    export_difference: float
    architecture: dict[str, Any]
    front: tuple[FrontPoint, ...]
    hypervolumes: tuple[float, ...] = ()
    """How far an evolved front had come by each generation, as a share of what it could span."""
    predictor: QualityFit | None = None
    """How well the front's accuracies may be believed, where blocks' qualities predict them."""
    objectives: tuple[str, ...] = ()
    """Of the front, beside accuracy and latencies."""
    other_devices: tuple[OtherDevice, ...] = ()
    """The same network on the other devices that were asked for."""
    measured_networks: tuple[MeasuredNetwork, ...]
    baselines: tuple[Baseline, ...]
    seconds: dict[str, float]
    images_per_second: float | None = None
    versions: dict[str, str]
    out: str
    pruning: Pruning | None = None
    """Of a network that was pruned."""
    started_from: str | None = None
    """The run whose scores were taken over, if no supernet was trained."""

    @property
    def accuracy(self) -> float:
        """Of the precision that was asked for."""
        asked = (self.accuracy_int8, self.accuracy_float16)
        return next((found for found in asked if found is not None), self.accuracy_float32)

    @property
    def notes(self) -> list[str]:
        """What the figures say that a reader may miss, a sentence or two each."""
        notes = []
        if self.precision == "int8" and self.float32_latency_ms < self.measured_latency_ms:
            notes.append(
                f"In float32 the same network takes {self.float32_latency_ms:.4g} ms, less than "
                "in int8. Search with --precision float32 if the size of the file does not matter."
            )
        if self.calibration not in (None, self.recipe_calibration):
            notes.append(
                f"Calibrated by {self.calibration} instead of {self.recipe_calibration}, which "
                "lost accuracy on validation images."
            )
        if self.int8_steps:
            told = "; ".join(
                f"{step.made}: {100 * step.lost:+.2f} points lost at {step.latency_ms:.4g} ms"
                for step in self.int8_steps
            )
            notes.append(f"On validation images int8 lost too much at first. {told}.")
        slowest_ms = max((point.corrected_latency_ms for point in self.front), default=math.inf)
        others = (self.max_params, self.max_macs, self.max_memory_bytes, self.max_file_bytes)
        budgets = (other.latency_budget_ms for other in self.other_devices)
        only_latency = all(limit is None for limit in (*others, *budgets))
        if only_latency and slowest_ms < (self.latency_budget_ms or 0):
            notes.append(
                f"The front of {self.space} ends at {slowest_ms:.4g} ms, so the budget of "
                f"{self.latency_budget_ms:g} ms limited nothing. A larger --space could use "
                "the rest."
            )
        if self.predictor is not None and self.predictor.tau_low <= 0:
            notes.append(
                f"The predictor may order networks no better than chance: Kendall's tau "
                f"{self.predictor.kendall_tau:.2f}, from {self.predictor.tau_low:.2f} to "
                f"{self.predictor.tau_high:.2f}. {DISTIL_LONGER}"
            )
        if self.n_estimated_blocks:
            notes.append(
                f"{self.n_estimated_blocks} of the {self.n_blocks} blocks were not timed: their "
                f"latency is interpolated between measured {self._between}"
            )
        if self.pruning is not None and self.pruning.n_zeros:
            notes.append(
                f"{self.pruning.n_zeros:,} weights are zeros. They shrink the compressed file, "
                "and no latency: ONNX Runtime multiplies by them as by any others."
            )
        return notes

    @property
    def _between(self) -> str:
        """What blocks that were not timed lie between."""
        if self.pruning is not None:
            return "widths. The whole network was timed."
        return "sizes. Leave --interpolate out to time them."
