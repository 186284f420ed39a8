"""``hwnas search``: the most accurate network within a budget."""

from typing import Annotated, Any

import typer

from hwnas.cli.given import given
from hwnas.cli.options import (
    Batch,
    Calibration,
    Connection,
    Cuts,
    DistilEpochs,
    DistilImages,
    Engine,
    EpochImages,
    Finetuned,
    Granularity,
    Json,
    MaxMemory,
    MaxSize,
    PairDistance,
    PathsPerBatch,
    Plan,
    Precision,
    PruneEpochs,
    Queries,
    Quiet,
    RankWeight,
    RayAddress,
    Seed,
    Space,
    SupernetEpochs,
    SupernetRule,
    Teacher,
    TeacherWeights,
    Threads,
)
from hwnas.cli.search_result import print_result
from hwnas.cli.search_table import is_on_table, refuse_table_options, search_on_table
from hwnas.cli.show import print_json, showing_progress
from hwnas.errors import InvalidInputError


def search(
    context: typer.Context,
    latency: Annotated[
        str | None, typer.Option("--latency", help="The budget: 20ms, 0.4ms, 350us.")
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            help="A name of 'hwnas devices' or a device file (.toml); with --accuracy a column, "
            "benchmark:FILE#COLUMN.",
        ),
    ] = "local",
    run: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="A finished run folder: its scores serve this budget and device, nothing is "
            "learned anew; space, data and the like are those of RUN.",
        ),
    ] = None,
    space: Space = "mobilenet",
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            help="ddpnas, ddpnas-regression, donna, evolution, foxnas, mgas or random.",
        ),
    ] = "ddpnas",
    accuracy: Annotated[
        str | None,
        typer.Option(
            "--accuracy",
            help="benchmark:FILE: search a published table, training nothing; --space is then "
            "nasbench201 or nasbench-macro.",
        ),
    ] = None,
    queries: Queries = None,
    plan: Plan = None,
    data: Annotated[
        str,
        typer.Option(
            "--data",
            help="digits, fashion-mnist, an image folder (train/CLASS/*.jpg, test/ optional), "
            "an IDX folder or an .npz file.",
        ),
    ] = "digits",
    engine: Engine = None,
    connection: Connection = None,
    precision: Precision = None,
    threads: Threads = None,
    batch: Batch = None,
    calibration: Calibration = None,
    max_params: Annotated[
        str | None, typer.Option("--max-params", help="Most parameters: 3M, 300k.")
    ] = None,
    max_macs: Annotated[
        str | None, typer.Option("--max-macs", help="Most multiply-accumulates: 300M.")
    ] = None,
    max_memory: MaxMemory = None,
    max_size: MaxSize = None,
    also_on: Annotated[
        list[str] | None,
        typer.Option(
            "--also-on",
            metavar="DEVICE[=LATENCY]",
            help="Another device to suit, as its file says, with or without a latency of its own: "
            "board.toml=20ms; repeatable. Other budgets are those of --device.",
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            help="Of donna: a front of parameters, macs, memory or size too; repeatable.",
        ),
    ] = None,
    max_height: Annotated[
        int | None,
        typer.Option("--max-height", help="Of darts: the longest path through a cell, 1 to 4."),
    ] = None,
    non_parametric_edges: Annotated[
        int | None,
        typer.Option(
            "--non-parametric-edges",
            help="Of darts: how many of a cell's 8 edges are poolings or skips, 0 to 8.",
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option("--input-size", help="Resize the images to this many pixels.")
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        str | None,
        typer.Option("--out", help="The run folder. [default: runs/DATA-SPACE-DEVICE-LATENCY]"),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave unreadable and mislabelled images out.")
    ] = False,
    interpolate: Annotated[
        bool,
        typer.Option(
            "--interpolate", help="Price blocks between measured sizes instead of timing them."
        ),
    ] = False,
    keep_supernet: Annotated[
        bool,
        typer.Option("--keep-supernet", help="Keep the supernet in the run folder, for rank."),
    ] = False,
    max_int8_drop: Annotated[
        float | None,
        typer.Option(
            "--max-int8-drop",
            help="The most points of accuracy that int8 may lose on validation images: 0.5.",
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option("--baseline", help="Train this preset too (mobilenetv2@0.25); repeatable."),
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", help="Of fine-tuning; 0 lets the number of images decide.")
    ] = 0,
    supernet: SupernetRule = None,
    supernet_epochs: SupernetEpochs = 0,
    teacher: Teacher = None,
    rank_weight: RankWeight = None,
    distance: PairDistance = None,
    paths_per_batch: PathsPerBatch = None,
    epoch_images: EpochImages = 4096,
    warmup_epochs: Annotated[
        int, typer.Option("--warmup-epochs", help="Search epochs of random paths at first.")
    ] = 10,
    teacher_weights: TeacherWeights = None,
    cuts: Cuts = None,
    finetuned: Finetuned = None,
    distil_images: DistilImages = None,
    distil_epochs: DistilEpochs = None,
    granularity: Granularity = None,
    prune_epochs: PruneEpochs = None,
    ray: RayAddress = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the most accurate network that keeps the budget; write it as quantized ONNX.

    A missing latency table is profiled first. Interrupted, the same command goes on. The run
    folder holds the models, result.json, pareto.csv, pareto.png (of donna front.png) and the log.

    Examples:
        hwnas search --latency 0.1ms
        hwnas search --latency 20ms --data photos/ --input-size 96 --device x86-cpu
        hwnas search --latency 0.2ms --data fashion-mnist --max-params 300k --out runs/shirts
        hwnas search --latency 0.2ms --max-memory 100KiB --max-size 300kB
        hwnas search --space nasbench201 --accuracy benchmark:cells.csv --queries 140
        hwnas search --latency 0.2ms --data fashion-mnist --supernet rd --teacher macs
        hwnas search --latency 0.2ms --also-on board.toml=20ms
        hwnas search --strategy mgas --max-params 300k --granularity op,filter
        hwnas search --from runs/shirts --latency 0.1ms --device other.toml --out runs/small
    """
    if is_on_table(context):
        search_on_table(context)
        return
    refuse_table_options(context)
    from hwnas.pipeline import donna_settings, mgas_settings, rule_of, settings_from
    from hwnas.pipeline import search as find

    named = named_settled(context)
    is_network = teacher is not None and (":" in teacher or strategy == "donna")
    trained, finetune = settings_from(
        epoch_images,
        warmup_epochs,
        epochs,
        supernet=supernet or rule_of(strategy),
        supernet_epochs=supernet_epochs,
        teacher=None if is_network else teacher,
        rank_weight=rank_weight,
        distance=distance,
        paths_per_batch=paths_per_batch,
    )
    donna = donna_settings(
        teacher=teacher if is_network else None,
        teacher_weights=teacher_weights,
        cuts=cuts,
        finetuned=finetuned,
        distil_images=distil_images,
        distil_epochs=distil_epochs,
    )
    with showing_progress(quiet=quiet) as on_progress:
        result = find(
            latency,
            device=device,
            run=run,
            engine=engine,
            connection=connection,
            precision=precision,
            threads=threads,
            batch=batch,
            calibration=calibration,
            max_params=max_params,
            max_macs=max_macs,
            max_memory=max_memory,
            max_size=max_size,
            also_on=tuple(also_on or ()),
            objectives=tuple(objective or ()),
            max_height=max_height,
            non_parametric_edges=non_parametric_edges,
            out=out,
            interpolate=interpolate,
            keep_supernet=keep_supernet,
            max_int8_drop=max_int8_drop,
            baselines=tuple(baseline or ()),
            queries=queries,
            plan=plan,
            supernet=trained if run is None else None,
            finetune=finetune,
            donna=donna,
            mgas=mgas_settings(granularity=granularity, prune_epochs=prune_epochs),
            ray=ray,
            on_progress=on_progress,
            **named,
        )
    if json:
        print_json(result)
    else:
        print_result(result)


SETTLED = ("space", "strategy", "data", "seed", "input_size", "skip_bad")
"""Parameters that a run to start from has values of."""
TRAINING = (
    *("supernet", "supernet_epochs", "teacher", "rank_weight", "distance", "paths_per_batch"),
    *("epoch_images", "warmup_epochs", "teacher_weights", "cuts", "finetuned"),
    *("distil_images", "distil_epochs", "granularity", "prune_epochs", "queries", "plan"),
)


def named_settled(context: typer.Context) -> dict[str, Any]:
    """Those of ``SETTLED`` that the command line names.

    Raises:
        InvalidInputError: It says how to train a supernet where one was trained before.
    """
    named, run = given(context), context.params["run"]
    for name in TRAINING if run is not None else ():
        if name in named:
            raise InvalidInputError(
                f"--{name.replace('_', '-')} does not go with --from {run}, whose supernet is "
                "trained already. Leave one of them out."
            )
    return {name: context.params[name] for name in SETTLED if name in named}
