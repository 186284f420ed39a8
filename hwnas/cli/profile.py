"""``hwnas profile``: time every block a space may use, into the device's table."""

from typing import Annotated

import typer

from hwnas.cli.options import (
    Batch,
    Channels,
    Classes,
    Connection,
    DataForShape,
    Device,
    Engine,
    InputSize,
    Precision,
    Quiet,
    Space,
    Threads,
)
from hwnas.cli.show import showing_progress


def profile(
    device: Device = "local",
    space: Space = "mobilenet",
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    data: DataForShape = None,
    engine: Engine = None,
    connection: Connection = None,
    precision: Precision = None,
    threads: Threads = None,
    batch: Batch = None,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            help="Time on all machines of a Ray cluster (auto or an address) that have the "
            "resource device:NAME.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Time every block the search may use, on the device, into a lookup table.

    What was timed before is kept; interrupted, the same command goes on.

    Examples:
        hwnas profile --device x86-cpu --input-size 224 --precision int8
        hwnas profile --device arm-cpu --connection "ssh pi@board python3" --ray auto
    """
    from hwnas.pipeline import profile as run

    with showing_progress(quiet=quiet) as on_progress:
        table = run(
            device,
            space=space,
            input_size=input_size,
            in_channels=channels,
            n_classes=classes,
            data=data,
            engine=engine,
            connection=connection,
            precision=precision,
            threads=threads,
            batch=batch,
            ray=ray,
            on_progress=on_progress,
        )
    label = table.header.provenance.label
    print(f"The table of {table.header.device.name} has every block of {space}{label}.")
    print(f"{len(table.rows)} blocks lie in {table.path}")
