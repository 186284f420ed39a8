"""``hwnas table score``: predicted against measured on networks drawn at random."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from hwnas.block import BlockSpec
from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError, RunError
from hwnas.latency import LatencyScore, latency_model, score
from hwnas.measure import (
    NETWORK_ROUNDS,
    Measurement,
    Provenance,
    Timer,
    Visit,
    halves_ms,
    quiet_reference,
    time_in_rounds,
)
from hwnas.measure.engine import Engine, engine_for
from hwnas.pipeline.arguments import check_seed, device_with, space_for
from hwnas.profile import BlockMaker, fill_table, ready_blocks, wanted_by
from hwnas.progress import OnProgress, Progress, silent
from hwnas.report import agreement_picture
from hwnas.space import (
    Network,
    Space,
    all_blocks,
    blocks_of,
    random_architecture,
)
from hwnas.whole_file import check_writable, write_whole

SCATTER, FIGURES = "scatter.png", "score.json"
"""Beside the networks in the folder that keeps them."""
N_CONTROLS = 8
"""Networks of the table that are timed again, to tell whether the machine is what it was."""
ATTEMPTS = 10
"""Draws in vain for each network that was found, until the space is taken to hold no others."""


@dataclass(frozen=True)
class ScoreRequest:
    """How many networks to draw, by which seed, and the folder that keeps their files."""

    n_samples: int
    seed: int
    keep: Path | None = None


@dataclass(frozen=True)
class ScoredNetwork:
    """One whole network; ``file`` is empty unless it was kept."""

    file: str
    choices: str
    predicted_ms: float
    measured_ms: float
    settled: bool


@dataclass(frozen=True)
class TableScore:
    """Figures and the networks they came from.

    ``repeatability`` is the median half-width of the measured medians' 95 % confidence intervals
    in per cent: no prediction can be seen to be better than that. ``repeat_tau`` is Kendall's tau
    between two halves of the same measurement: how well it orders the networks itself. ``drift``
    is what networks of the table take now over what they took when it was made; unknown if it
    holds none.
    """

    figures: LatencyScore
    repeatability: float
    repeat_tau: float | None
    drift: float | None
    networks: tuple[ScoredNetwork, ...]
    provenance: Provenance


def run_score(
    space: Space, device: DeviceSpec, request: ScoreRequest, on_progress: OnProgress
) -> TableScore:
    """Build, quantize and time random whole networks of the space, in turn with each other.

    The networks are built whole, as one that ships is, and not put together from the table's
    blocks.

    Raises:
        RunError: The folder cannot be written, or holds files.
    """
    if request.keep is not None:
        check_writable(request.keep, "name another place with --keep")
        if request.keep.is_dir() and any(request.keep.iterdir()):
            raise RunError(
                f"{request.keep} holds files already. Name another with --keep, or empty it."
            )
    engine = engine_for(device)
    wanted = wanted_by(space)
    table = fill_table(wanted, device, engine, on_progress)
    model = latency_model(table, all_blocks(space))
    drawn = _draw(space, request, on_progress)
    blocks = [blocks_of_it for _, blocks_of_it in drawn]
    files = _build(blocks, device, engine, on_progress)
    maker = BlockMaker(device, engine)
    controls = [n for n in wanted.networks if n.blocks in table.networks][:N_CONTROLS]
    timers = [engine.timer(file, device) for file in (*files, *map(maker.make, controls))]
    reference = engine.timer(maker.make([wanted.reference]), device)
    visits: dict[int, list[Visit]] = {index: [] for index in range(len(timers))}
    rows = _time(timers, reference, visits, on_progress)
    measured, again = rows[: len(files)], rows[len(files) :]
    predicted_ms = np.array([model.predict_ms(b) for b in blocks])
    measured_ms = np.array([row.median_ms for row in measured])
    found = TableScore(
        figures=score(predicted_ms, measured_ms),
        repeatability=float(np.median([100 * (row.half_interval or 0) for row in measured])),
        repeat_tau=_repeat_tau(visits, range(len(files))),
        drift=_drift([table.networks[network.blocks] for network in controls], again),
        networks=tuple(
            ScoredNetwork(
                "" if request.keep is None else f"network-{index:03d}.onnx",
                choices,
                float(predicted_ms[index]),
                row.median_ms,
                row.settled,
            )
            for index, ((choices, _), row) in enumerate(zip(drawn, measured, strict=True))
        ),
        provenance=engine.provenance,
    )
    if request.keep is not None:
        _keep(request.keep, found, files, f"{space.name} on {device.name}, {device.precision}")
    return found


def _draw(
    space: Space, request: ScoreRequest, on_progress: OnProgress
) -> list[tuple[str, Network]]:
    """Networks that differ, as many as asked for or as the space seems to hold."""
    rng = np.random.default_rng(request.seed)
    drawn: dict[Network, str] = {}
    n_in_vain = 0
    while len(drawn) < request.n_samples and n_in_vain < ATTEMPTS * (len(drawn) + 10):
        architecture = random_architecture(space, rng)
        blocks = blocks_of(space, architecture)
        n_in_vain = n_in_vain + 1 if blocks in drawn else 0
        drawn.setdefault(blocks, str(architecture))
    if len(drawn) < request.n_samples:
        note = f"{len(drawn)} networks that differ were drawn, not {request.n_samples}"
        on_progress(Progress("score", 0, 0, note))
    return [(choices, blocks) for blocks, choices in drawn.items()]


def _build(
    networks: Sequence[Sequence[BlockSpec]],
    device: DeviceSpec,
    engine: Engine,
    on_progress: OnProgress,
) -> list[bytes]:
    files = []
    for index, blocks in enumerate(networks):
        on_progress(Progress("build", index, len(networks)))
        files.append(ready_blocks(blocks, device, engine).content)
    on_progress(Progress("build", len(networks), len(networks)))
    return files


def _time(
    timers: Sequence[Timer],
    reference: Timer,
    visits: Mapping[int, list[Visit]],
    on_progress: OnProgress,
) -> list[Measurement]:
    """One measurement a timer, and in ``visits`` what it was made of."""
    found = time_in_rounds(
        dict(enumerate(timers)),
        reference,
        NETWORK_ROUNDS,
        known={},
        on_visit=lambda index, visit: visits[index].append(visit),
        on_round=lambda done: on_progress(
            Progress("score", done.n_done, done.n_needed, f"{done.n_settled} settled")
        ),
    )
    return [found[index] for index in range(len(timers))]


def _repeat_tau(visits: Mapping[int, Sequence[Visit]], networks: range) -> float | None:
    quiet_ms = quiet_reference(chain.from_iterable(visits.values()))
    halves = np.array([halves_ms(visits[index], quiet_ms, NETWORK_ROUNDS) for index in networks])
    return score(halves[:, 0], halves[:, 1]).kendall_tau


def _drift(then: Sequence[Measurement], now: Sequence[Measurement]) -> float | None:
    ratios = [b.median_ms / a.median_ms for a, b in zip(then, now, strict=True)]
    return float(np.median(ratios)) if ratios else None


def _keep(folder: Path, found: TableScore, files: Sequence[bytes], title: str) -> None:
    for network, file in zip(found.networks, files, strict=True):
        write_whole(folder / network.file, file)
    pairs = [(network.predicted_ms, network.measured_ms) for network in found.networks]
    write_whole(folder / SCATTER, agreement_picture(pairs, title))
    write_whole(folder / FIGURES, json.dumps(asdict(found), indent=2) + "\n")


def score_table(  # noqa: PLR0913 - a command's options
    device: str = "local",
    *,
    space: str = "mobilenet",
    input_size: int = 224,
    in_channels: int = 3,
    n_classes: int = 1000,
    data: str | None = None,
    engine: str | None = None,
    connection: str | None = None,
    precision: str | None = None,
    threads: int | None = None,
    samples: int = 20,
    seed: int = 0,
    keep: str | Path | None = None,
    on_progress: OnProgress = silent,
) -> TableScore:
    """Predict and measure ``samples`` random whole networks, drawn by ``seed``.

    Their ONNX files, the figures and a picture go to the folder ``keep``, if one is named. The
    other arguments are those of ``profile``.

    Raises:
        HwnasError: A value cannot be used, or the device refuses a network.
    """
    if samples < 2:
        raise InvalidInputError(f"{samples} samples tell nothing. Give --samples 2 or more.")
    check_seed(seed)
    target = device_with(
        device, engine=engine, connection=connection, precision=precision, threads=threads
    )
    shape = input_size, in_channels, n_classes
    chosen = space_for(target, space, shape, data, on_progress)
    folder = None if keep is None else Path(keep)
    return run_score(chosen, target, ScoreRequest(samples, seed, folder), on_progress)
