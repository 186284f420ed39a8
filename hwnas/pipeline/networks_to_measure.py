"""``hwnas table choose``: which few networks of a space to measure whole."""

import csv
import io
from pathlib import Path

import numpy as np

from hwnas.accuracy.benchmark_table import LATENCY_PREFIX
from hwnas.accuracy.encoding import encoding_of
from hwnas.device import DeviceSpec
from hwnas.errors import InvalidInputError, RunError
from hwnas.latency import most_telling
from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import check_seed
from hwnas.pipeline.fit_table import FEWEST, MOST_CANDIDATES, likely_of_table
from hwnas.profile import ready_blocks
from hwnas.progress import OnProgress, Progress
from hwnas.space import (
    Architecture,
    Part,
    Space,
    all_blocks,
    blocks_of,
    parts_of,
    random_architecture,
)
from hwnas.whole_file import write_whole

COLUMN = f"{LATENCY_PREFIX}measured"
"""To be filled in, in milliseconds."""


def choose_networks(space: Space, n: int, prior: str | None, seed: int = 0) -> list[Architecture]:
    """The ``n`` that tell most of what blocks cost, of a thousand drawn at random.

    Args:
        space: Whose networks.
        n: How many.
        prior: Another device's latency table, whose costs are likely here up to a factor.
        seed: Of the drawing.

    Raises:
        InvalidInputError: Fewer than three are asked for, or more than the space has.
        TableError: The prior cannot be read.
        UnknownNameError: There is no such table.
    """
    check_seed(seed)
    rng = np.random.default_rng(seed)
    drawn = (random_architecture(space, rng) for _ in range(MOST_CANDIDATES))
    candidates = list(dict.fromkeys(drawn))
    if not FEWEST <= n <= len(candidates):
        raise InvalidInputError(
            f"--samples {n} of space {space.name!r} cannot be chosen. Give one from {FEWEST} to "
            f"{len(candidates)}."
        )
    networks = [parts_of(space, architecture) for architecture in candidates]
    parts = list(
        dict.fromkeys([*map(Part, all_blocks(space)), *(p for parts in networks for p in parts)])
    )
    likely = [] if prior is None else [likely_of_table(prior, parts, space.name)]
    return [candidates[place] for place in most_telling(parts, networks, n, likely)]


def write_networks(
    space: Space,
    chosen: list[Architecture],
    device: DeviceSpec,
    folder: Path,
    on_progress: OnProgress,
) -> Path:
    """Their ONNX files as the device runs them, and the CSV that ``hwnas table fit`` reads.

    Returns:
        The CSV, with an empty column for the latencies.

    Raises:
        RunError: The folder holds something, or cannot be written.
        QuantizeError: One of them would run in float.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder} is there already. Name another folder with --out, or empty it.")
    engine = engine_for(device)
    encoding = encoding_of(space)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*encoding.columns, COLUMN, "file"])
    for number, architecture in enumerate(chosen, start=1):
        name = f"network-{number:02}.onnx"
        ready = ready_blocks(blocks_of(space, architecture), device, engine)
        write_whole(folder / name, ready.content)
        writer.writerow([*encoding.write(architecture).split(";"), "", name])
        on_progress(Progress("networks", number, len(chosen)))
    path = folder / "networks.csv"
    write_whole(path, text.getvalue())
    return path
