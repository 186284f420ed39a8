"""``hwnas table choose``: which networks to measure whole where blocks cannot be timed."""

from pathlib import Path
from typing import Annotated

import typer

from hwnas.cli.options import (
    Channels,
    Classes,
    DataForShape,
    Device,
    InputSize,
    Precision,
    Quiet,
    Seed,
    Space,
)
from hwnas.cli.show import showing_progress


def choose(
    out: Annotated[Path, typer.Option("--out", help="A new folder for ONNX files and a CSV.")],
    samples: Annotated[int, typer.Option("--samples", help="How many networks.")] = 10,
    prior: Annotated[
        str | None, typer.Option("--prior", help="Another device's latency table.")
    ] = None,
    device: Device = "local",
    precision: Precision = None,
    space: Space = "mobilenet",
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    data: DataForShape = None,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Choose the networks whose latencies tell most, and write them for another harness to time.

    Example:
        hwnas table choose --space mobilenet --samples 10 --prior TABLE --out to-measure
    """
    from hwnas.accuracy.encoding import encoding_of
    from hwnas.pipeline import choose_networks, device_with, space_for, write_networks

    target = device_with(device, precision=precision)
    with showing_progress(quiet=quiet) as on_progress:
        shape = input_size, channels, classes
        offered = space_for(target, space, shape, data, on_progress)
        chosen = choose_networks(offered, samples, prior, seed)
        table = write_networks(offered, chosen, target, out, on_progress)
    size, n_channels, n_classes = encoding_of(offered).images
    print(
        f"Time the {samples} networks in {out} on the device, write the milliseconds into "
        f"{table}, then: hwnas table fit --measurements {table} --column measured "
        f"--space {space} --input-size {size} --channels {n_channels} --classes {n_classes}"
        + ("" if prior is None else f" --prior {prior}")
    )
