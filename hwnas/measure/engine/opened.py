"""A loaded model, whoever loaded it, as what answers and as what is timed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwnas.errors import MeasurementError
from hwnas.measure.measurement import Provenance
from hwnas.measure.plan import MeasurePlan, RoundsPlan
from hwnas.measure.target import Opened


class OpenedRunner:
    """A model that answers one batch at a time."""

    def __init__(self, opened: Opened) -> None:
        if len(opened.inputs) != 1:
            raise MeasurementError(
                f"The model has {len(opened.inputs)} inputs. Give one that reads an image."
            )
        self._opened = opened

    @property
    def input_shape(self) -> tuple[int, ...]:
        """``(batch, channels, height, width)``."""
        return tuple(self._opened.inputs[0]["shape"])

    def __call__(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The first output for one batch of the model's own shape."""
        return self._opened.run(batch)


class OpenedTimer:
    """A model with input and output bound, on processors of its own while it is timed."""

    def __init__(self, opened: Opened, provenance: Provenance) -> None:
        opened.prepare()
        self._opened = opened
        self.provenance = provenance

    def visit(self, plan: RoundsPlan) -> NDArray[np.float64]:
        """Warm up, then time single runs: ``(n_runs,)`` milliseconds."""
        return self.time(
            MeasurePlan(
                warmup_runs=plan.warmup_runs,
                warmup_s=plan.warmup_s,
                min_runs=plan.min_runs,
                min_s=plan.visit_s,
            )
        )

    def time(self, plan: MeasurePlan) -> NDArray[np.float64]:
        """``(n_runs,)`` milliseconds of single runs after the warm-up."""
        return self._opened.time_ms(plan)
