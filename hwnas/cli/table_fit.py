"""``hwnas table fit``: block costs from latencies of whole networks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwnas.cli.options import Batch, Channels, Classes, InputSize, Json, Precision, Seed, Threads
from hwnas.cli.show import print_json, print_table
from hwnas.errors import InvalidInputError

USELESS_MAPE = 30.0
"""Per cent: such a fit orders networks at best."""

if TYPE_CHECKING:
    from hwnas.pipeline import FitReport


def fit(
    measurements: Annotated[
        Path,
        typer.Option(
            "--measurements",
            help="A CSV with a row a network: arch_str, Once-for-All's four columns, or "
            "'architecture' with --space's choices, and lat_ms_… columns.",
        ),
    ],
    column: Annotated[
        str, typer.Option("--column", help="The latencies, such as lat_ms_v100_64.")
    ],
    space: Annotated[
        str | None, typer.Option("--space", help="Whose networks they are. [default: the file's]")
    ] = None,
    train: Annotated[
        int | None,
        typer.Option("--train", help="Fit on so many, drawn at random, and test on the others."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option("--samples", help="Fit on so few, chosen to tell most; test on the others."),
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            "--prior", help="Another device: a column of the measurements, or a latency table."
        ),
    ] = None,
    seed: Seed = 0,
    device: Annotated[
        str | None,
        typer.Option("--device", help="Keep the costs as this device's latency table."),
    ] = None,
    precision: Precision = None,
    threads: Threads = None,
    batch: Batch = None,
    input_size: InputSize = 224,
    channels: Channels = 3,
    classes: Classes = 1000,
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="A CSV to write: measured, predicted, safe."),
    ] = None,
    json: Json = False,
) -> None:
    """Find out what blocks cost from whole networks' latencies, where blocks cannot be timed.

    Example:
        hwnas table fit --measurements ofa.csv.gz --column lat_ms_v100_64 --train 500
    """
    from hwnas.pipeline import FitRequest, device_with, fit_table

    for name, value in (("precision", precision), ("threads", threads), ("batch", batch)):
        if device is None and value is not None:
            raise InvalidInputError(
                f"--{name} {value} is a setting of a device. Name its table's with --device."
            )
    request = FitRequest(
        measurements=measurements,
        column=column,
        space=space,
        n_train=train,
        n_samples=samples,
        prior=prior,
        seed=seed,
        images=(input_size, channels, classes),
    )
    target = None
    if device is not None:
        target = device_with(device, precision=precision, threads=threads, batch=batch)
    found = fit_table(request, device=target, predictions=predictions)
    if json:
        print_json(found)
        return
    _print_report(found)
    if predictions is not None:
        print(f"Every network's latencies lie in {predictions}")
    if found.table is None:
        print("Name a device with --device to keep the costs as its latency table.")
    else:
        print(f"The blocks' costs lie in {found.table}")


def _print_report(found: "FitReport") -> None:
    figures = {"cross-validated": found.cross_validated, "the others": found.tested}
    rows = [
        [
            name,
            str(figure.n_networks),
            f"{figure.mape:.2f} %",
            f"{figure.within_5:.1f} %",
            f"{figure.within_10:.1f} %",
            f"{figure.worst:.1f} %",
            "unknown" if figure.kendall_tau is None else f"{figure.kendall_tau:.3f}",
        ]
        for name, figure in figures.items()
        if figure is not None
    ]
    columns = ("networks", "how many", "mean error", "within 5 %", "within 10 %", "worst", "tau")
    alignment = {name: "left" if name == "networks" else "right" for name in columns}
    title = f"{found.column} in {found.space}, fitted on {found.n_fitted} networks"
    print_table(title, alignment, rows)
    if found.spearman is not None:
        print(f"Spearman's correlation on the others: {found.spearman:.4f}")
    from hwnas.latency.fit_problem import FEWEST_TO_CHOOSE

    kept = "" if found.kept is None else f"; {100 * found.kept:.1f} % of the others keep theirs"
    few = found.n_fitted < FEWEST_TO_CHOOSE
    print(
        f"Safe latencies lie {100 * found.margin:.1f} % above the predicted in median, meant to "
        f"be kept by {100 * found.confidence:.0f} % of networks"
        + (", which so few networks cannot prove" if few else "")
        + f"{kept}."
    )
    known = found.tested or found.cross_validated
    if known is not None and known.mape > USELESS_MAPE:
        print(
            f"With a mean error of {known.mape:.0f} % this fit is of no use. Fit on more "
            "networks, or with another --prior."
        )
    for network in found.chosen:
        print(f"Fitted on {network}")
