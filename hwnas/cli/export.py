"""``hwnas export``: one ONNX file from a run, an architecture or a preset."""

from typing import Annotated

import typer

from hwnas.cli.options import (
    Batch,
    Calibration,
    Channels,
    Classes,
    Connection,
    Device,
    Engine,
    InputSize,
    Precision,
    Quiet,
    SkipBad,
)
from hwnas.cli.show import say_left_in_float, showing_progress


def export(
    source: Annotated[
        str, typer.Argument(help="A run folder, an architecture.json or a preset (mobilenetv2).")
    ],
    out: Annotated[str, typer.Option("--out", help="The ONNX file to write.")],
    engine: Engine = None,
    connection: Connection = None,
    precision: Precision = None,
    device: Device = "local",
    batch: Batch = None,
    calibration: Calibration = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", help="Calibration images. [default: the run's; random for presets]"
        ),
    ] = None,
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    skip_bad: SkipBad = False,
    quiet: Quiet = False,
) -> None:
    """Write a run's network, an architecture or a preset as one ONNX file.

    A run brings its weights; an architecture or a preset gets random ones, good for timing.

    Examples:
        hwnas export runs/shirts --precision int8 --out shirts.onnx
        hwnas export mobilenetv2 --data fashion-mnist --precision int8 --out mobilenetv2.onnx
    """
    from hwnas.pipeline import export as run

    with showing_progress(quiet=quiet) as on_progress:
        report = run(
            source,
            out,
            device=device,
            engine=engine,
            connection=connection,
            precision=precision,
            batch=batch,
            calibration=calibration,
            data=data,
            input_size=input_size,
            in_channels=channels,
            n_classes=classes,
            skip_bad=skip_bad,
            on_progress=on_progress,
        )
    weights = "trained weights" if report.trained else "random weights, for timing only"
    print(f"{report.out}: {report.n_bytes:,} bytes, {weights}")
    say_left_in_float(report.left_in_float)
