"""``hwnas rank``: how far a supernet may be believed."""

from typing import Annotated, Any

import typer

from hwnas.cli.given import refuse_others
from hwnas.cli.options import (
    EpochImages,
    Json,
    PairDistance,
    PathsPerBatch,
    Quiet,
    RankWeight,
    Seed,
    SkipBad,
    Space,
    SupernetEpochs,
    Teacher,
)
from hwnas.cli.show import print_json, print_table, showing_progress

OF_A_RUN = frozenset({"truth", "run", "samples", "seed", "out", "json", "quiet"})
"""Parameters that mean something beside a supernet that was trained before."""


def rank(
    context: typer.Context,
    truth: Annotated[
        str,
        typer.Option(
            "--truth",
            help="True accuracies: nas-bench-macro_cifar10.json, or cells.csv#c10 of several.",
        ),
    ],
    run: Annotated[
        str | None,
        typer.Argument(
            help="A folder with a supernet that was kept, ranked on its own images; else one is "
            "trained."
        ),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", help="Random networks to rank.")] = 500,
    space: Space = "nasbench-macro",
    data: Annotated[str, typer.Option("--data", help="Images to train on.")] = "digits",
    input_size: Annotated[
        int | None, typer.Option("--input-size", help="Resize the images to this many pixels.")
    ] = None,
    supernet: Annotated[
        str | None,
        typer.Option("--supernet", help="spos, fair, sandwich or rd. [default: spos]"),
    ] = None,
    supernet_epochs: SupernetEpochs = 0,
    epoch_images: EpochImages = 4096,
    teacher: Teacher = None,
    rank_weight: RankWeight = None,
    distance: PairDistance = None,
    paths_per_batch: PathsPerBatch = None,
    seed: Seed = 0,
    skip_bad: SkipBad = False,
    out: Annotated[
        str | None,
        typer.Option("--out", help="The folder to write. [default: RUN-rank or runs/rank-…]"),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank random networks by a supernet, and hold that against their true accuracies.

    Interrupted, the same command goes on. The folder holds rank.json, rank.png, the log and, if
    it was trained here, the supernet.

    Examples:
        hwnas rank --supernet rd --data cifar10.npz --truth nas-bench-macro_cifar10.json
        hwnas rank runs/kept --samples 200 --truth nas-bench-macro_cifar10.json --json
    """
    from hwnas.pipeline import rank as hold
    from hwnas.pipeline import settings_from

    if run is not None:
        refuse_others(context, OF_A_RUN, f"{run}, whose supernet is trained on its own images")
    trained, _ = settings_from(
        epoch_images,
        supernet=supernet or "spos",
        supernet_epochs=supernet_epochs,
        teacher=teacher,
        rank_weight=rank_weight,
        distance=distance,
        paths_per_batch=paths_per_batch,
    )
    with showing_progress(quiet=quiet) as on_progress:
        report = hold(
            run,
            truth=truth,
            samples=samples,
            space=space,
            data=data,
            supernet=trained if run is None else None,
            seed=seed,
            input_size=input_size,
            skip_bad=skip_bad,
            out=out,
            on_progress=on_progress,
        )
    if json:
        print_json(report)
    else:
        _print(report)


def _print(report: Any) -> None:  # noqa: ANN401
    figures = report.figures
    rows = [
        ["Kendall's tau", *_cells(figures.kendall)],
        ["Spearman's rho", *_cells(figures.spearman)],
        ["Pearson's r", *_cells(figures.pearson)],
        ["pairs in the true order", *_cells(figures.concordant)],
        *(
            [f"of the expected best {share}", *_cells(found)]
            for share, found in figures.top.items()
        ),
    ]
    title = f"{figures.n_networks} networks of {report.space} by {report.supernet}"
    print_table(title, {"": "left", "found": "right", "95 % interval": "right"}, rows)
    print(f"{report.out}/rank.png")


def _cells(estimate: Any) -> list[str]:  # noqa: ANN401
    if estimate.value is None:
        return ["unknown", ""]
    return [f"{estimate.value:.3f}", f"{estimate.low:.3f} to {estimate.high:.3f}"]
