"""Latency, memory, size and accuracy of an ONNX file, asked for and found."""

from dataclasses import dataclass

from hwnas.measure import Measurement, Provenance
from hwnas.measure.target import Placement
from hwnas.verify.reference import LARGEST_DIFFERENCE


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What ``hwnas verify`` found; accuracies are shares from 0 to 1.

    ``ran_on`` counts operators by execution provider; ``difference`` is the largest one of outputs
    from those of this processor, as a share of the largest output.
    """

    model: str
    device: str
    threads: int
    budget_ms: float | None
    measured: Measurement
    max_memory_bytes: int | None
    memory_bytes: int | None
    max_file_bytes: int | None
    file_bytes: int
    min_accuracy: float | None
    accuracy: float | None
    allow_estimated: bool = False
    ran_on: Placement | None = None
    difference: float | None = None

    @property
    def failures(self) -> list[str]:
        """Each promise that is not kept, in a sentence."""
        found = []
        if self.budget_ms is not None and self.measured.median_ms > self.budget_ms:
            found.append(
                f"{self.model} takes {self.measured.median_ms:.4g} ms"
                f"{self.measured.provenance.label} on {self.device}, over its budget of "
                f"{self.budget_ms:g} ms."
            )
        is_estimated = self.measured.provenance == Provenance.ESTIMATED
        if self.budget_ms is not None and is_estimated and not self.allow_estimated:
            found.append(
                f"The latency of {self.model} on {self.device} is estimated, not measured, so its "
                "budget is not known to be kept. Measure it there, or accept the estimate with "
                "--allow-estimated."
            )
        limits = (
            ("allocates", self.memory_bytes, self.max_memory_bytes),
            ("is a file of", self.file_bytes, self.max_file_bytes),
        )
        found += [
            f"{self.model} {does} {n_bytes:,} bytes, over its limit of {limit:,} bytes."
            for does, n_bytes, limit in limits
            if limit is not None and n_bytes is not None and n_bytes > limit
        ]
        if self.max_memory_bytes is not None and self.memory_bytes is None:
            found.append(
                f"The engine on {self.device} does not tell what {self.model} allocates, so no "
                "limit of memory can be kept."
            )
        if self.difference is not None and not self.difference <= LARGEST_DIFFERENCE:
            found.append(
                f"The outputs of {self.model} on {self.device} differ by "
                f"{100 * self.difference:.2g} % from those of this processor, more than "
                f"{100 * LARGEST_DIFFERENCE:g} %. Give the device file another recipe."
            )
        if self.min_accuracy is not None and (self.accuracy or 0.0) < self.min_accuracy:
            found.append(
                f"{self.model} is {self.accuracy or 0.0:.4f} accurate, "
                f"under the {self.min_accuracy:g} asked for."
            )
        return found

    @property
    def kept(self) -> bool:
        """Whether every promise is kept."""
        return not self.failures
