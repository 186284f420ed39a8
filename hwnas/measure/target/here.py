"""This process as the target."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from hwnas.agent.allocation import allocated_bytes
from hwnas.agent.htp import cycles
from hwnas.agent.machine import health_facts, machine_facts
from hwnas.agent.providers import RefusedError, plugin_versions
from hwnas.agent.runtime import Session, optimized, placement
from hwnas.device import DeviceSpec, others_load
from hwnas.errors import MeasurementError
from hwnas.measure.plan import MeasurePlan
from hwnas.measure.target.protocol import Placement, settings_of


class _OpenedHere:
    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        return self._session.inputs

    def prepare(self) -> None:
        with _as_ours():
            self._session.prepare()

    def time_ms(self, plan: MeasurePlan) -> NDArray[np.float64]:
        with _as_ours():
            return np.array(self._session.time_ns(asdict(plan)), dtype=np.float64) / 1e6

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        with _as_ours():
            answer: NDArray[np.float32] = self._session.run(batch)
            return answer


class Here:
    """See ``Target``."""

    def onnxruntime_version(self) -> str:
        """Of this environment's."""
        return str(onnxruntime.__version__)

    def plugin_version(self, provider: str) -> str:
        """Of this environment's."""
        return plugin_versions().get(provider, "")

    def machine_facts(self, threads: int) -> Mapping[str, Any]:
        """This machine's."""
        return machine_facts(threads)

    def health(self) -> Mapping[str, Any]:
        """This machine's."""
        return health_facts(Path.cwd())

    def others_load(self, cpus: Sequence[int]) -> float | None:
        """While this process is idle."""
        return others_load(cpus)

    def open(self, model: bytes, device: DeviceSpec) -> _OpenedHere:
        """Load it into this process."""
        with _as_ours():
            return _OpenedHere(Session(model, settings_of(device)))

    def optimized(self, model: bytes, device: DeviceSpec) -> bytes:
        """As this environment's ONNX Runtime rewrites it."""
        with _as_ours():
            return optimized(model, settings_of(device))

    def allocated_bytes(
        self, model: bytes, device: DeviceSpec, *, planned: bool = False
    ) -> int | None:
        """As ``agent.allocation`` reads it off the engine's profile."""
        with _as_ours():
            return allocated_bytes(model, settings_of(device), planned)

    def placement(self, model: bytes, device: DeviceSpec) -> Placement:
        """As this environment's ONNX Runtime tells in its profile."""
        with _as_ours():
            return placement(model, settings_of(device))

    def simulated_cycles(self, model: bytes, device: DeviceSpec, runs: int) -> Sequence[int]:
        """As the simulator in this process tells."""
        with _as_ours():
            return cycles(model, settings_of(device), runs)


@contextmanager
def _as_ours() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise MeasurementError(str(error)) from error
