"""A device that a network must suit: its engine, what blocks cost on it, the most it may take."""

import math
from dataclasses import dataclass

from hwnas.device import DeviceSpec
from hwnas.latency import LatencyModel, latency_model
from hwnas.measure import NETWORK_PLAN, Measurement
from hwnas.measure.engine import Engine, engine_for
from hwnas.pipeline.coverage import coverage_of
from hwnas.pipeline.request import DeviceBudget
from hwnas.pipeline.timed_table import timed_table
from hwnas.profile import ready_blocks, wanted_by
from hwnas.progress import OnProgress, Progress
from hwnas.space import Network, Space, all_blocks
from hwnas.verify import measure_within


@dataclass(frozen=True, kw_only=True)
class TimedDevice:
    """The first of a search is the one that the network is made for; of others it keeps budgets.

    Without a budget a latency is only told, and is an objective where a strategy has several.
    """

    device: DeviceSpec
    engine: Engine
    model: LatencyModel
    budget_ms: float | None

    def predict_ms(self, blocks: Network) -> float:
        """What the blocks say, uncorrected."""
        return self.model.predict_ms(blocks)

    def measure(self, blocks: Network) -> Measurement:
        """Build, quantize and time the whole network, again if it seems over budget."""
        ready = ready_blocks(blocks, self.device, self.engine)
        return measure_within(
            ready.content, self.device, self.engine, self.budget_ms, NETWORK_PLAN
        )

    def keeps(self, median_ms: float) -> bool:
        """Whether a median is within the budget."""
        return self.budget_ms is None or median_ms <= self.budget_ms

    def fits(self, measurement: Measurement, slowdown: float = 1.0) -> bool:
        """Whether a median that may grow by ``slowdown`` is, with its spread to spare."""
        return self.keeps(slowdown * measurement.median_ms + measurement.mad_ms)

    def limit_ms(self, ratio: float) -> float:
        """Of the sum over blocks, when networks take ``ratio`` times what their blocks say."""
        budget_ms = math.inf if self.budget_ms is None else self.budget_ms / ratio
        return budget_ms - self.model.constant_ms


def profiled(
    wanted: DeviceBudget, space: Space, on_progress: OnProgress, *, interpolate: bool
) -> TimedDevice:
    """The device with all that the space needs timed, or interpolated where that is asked for."""
    device, blocks = wanted.device, all_blocks(space)
    engine = engine_for(device)
    table = timed_table(
        wanted_by(space), blocks, device, engine, on_progress, interpolate=interpolate
    )
    on_progress(Progress("profile", 0, 0, coverage_of(table, space).text))
    return TimedDevice(
        device=device,
        engine=engine,
        model=latency_model(table, blocks),
        budget_ms=wanted.latency_ms,
    )
