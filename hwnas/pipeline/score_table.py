"""``hwnas table score``: predicted against measured on networks drawn at random."""

from dataclasses import dataclass

import numpy as np

from hwnas.device import DeviceSpec
from hwnas.latency import AdditiveModel, LatencyScore, score
from hwnas.measure import NETWORK_PLAN, Provenance
from hwnas.measure.engine import engine_named
from hwnas.profile import fill_table, ready_blocks
from hwnas.progress import OnProgress, Progress
from hwnas.space import Space, all_blocks, blocks_of, random_architecture


@dataclass(frozen=True)
class TableScore:
    """Figures, and the pairs they came from, ``(n,)`` milliseconds each."""

    figures: LatencyScore
    choices: tuple[str, ...]
    predicted_ms: tuple[float, ...]
    measured_ms: tuple[float, ...]
    provenance: Provenance


def run_score(
    space: Space, device: DeviceSpec, n_samples: int, seed: int, on_progress: OnProgress
) -> TableScore:
    """Build, quantize and time ``n_samples`` random whole networks of the space."""
    engine = engine_named(device.engine)
    model = AdditiveModel(fill_table(all_blocks(space), device, engine, on_progress))
    rng = np.random.default_rng(seed)
    choices, predicted_ms, measured_ms = [], [], []
    for index in range(n_samples):
        on_progress(Progress("score", index, n_samples))
        architecture = random_architecture(space, rng)
        blocks = blocks_of(space, architecture)
        ready = ready_blocks(blocks, device, engine)
        choices.append(str(architecture))
        predicted_ms.append(model.predict_ms(blocks))
        measured_ms.append(engine.measure(ready.content, device, NETWORK_PLAN).median_ms)
    on_progress(Progress("score", n_samples, n_samples))
    figures = score(np.array(predicted_ms), np.array(measured_ms))
    return TableScore(
        figures, tuple(choices), tuple(predicted_ms), tuple(measured_ms), engine.provenance
    )
