"""The public functions: the commands of ``hwnas``, called from Python."""

from collections.abc import Sequence
from pathlib import Path

from hwnas.measure.engine import engine_for
from hwnas.pipeline.arguments import (
    budget_from,
    check_seed,
    checked_drop,
    default_out,
    device_budgets,
    device_with,
    objectives_from,
    settled,
    space_for,
    space_on,
    through_cluster,
)
from hwnas.pipeline.donna import DonnaSettings
from hwnas.pipeline.exploration import kept_run
from hwnas.pipeline.export import ExportReport, ExportRequest, run_export
from hwnas.pipeline.request import SearchRequest
from hwnas.pipeline.search import run_search
from hwnas.profile import fill_table, wanted_by
from hwnas.progress import OnProgress, silent
from hwnas.report import SearchResult
from hwnas.space import CellLimits
from hwnas.table import LatencyTable
from hwnas.train import FinetuneSettings, SupernetSettings
from hwnas.train.mgas import MgasSettings


def profile(  # noqa: PLR0913 - a command's options
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
    batch: int | None = None,
    ray: str | None = None,
    on_progress: OnProgress = silent,
) -> LatencyTable:
    """Time every block the space may use on the device; what was timed before is kept.

    Rows that did not settle are timed anew.

    Args:
        device: A name of ``hwnas devices`` or a device file.
        space: A name, a preset such as ``mobilenetv2@0.5``, or a TOML file.
        input_size: Height and width of the images, in pixels.
        in_channels: 1 for grey images, 3 for colour.
        n_classes: Outputs of the classifier.
        data: A data set that settles the three above.
        engine: What runs the models; the device file's by default.
        connection: How the device is reached; the device file's by default.
        precision: ``int8``, ``float16`` or ``float32``; the device file's by default.
        threads: Threads of one inference; the device file's by default.
        batch: Images of one inference; the device file's by default.
        ray: A Ray cluster, ``auto`` or an address, whose machines have the device: on each with
            the resource ``device:NAME`` it is reached as ``connection`` says, and all are timed
            side by side.
        on_progress: Told of every block.

    Raises:
        HwnasError: A value cannot be used, or the device refuses a block.
    """
    target = device_with(
        device,
        engine=engine,
        connection=connection,
        precision=precision,
        threads=threads,
        batch=batch,
    )
    if ray is not None:
        target = through_cluster(target, ray)
    shape = input_size, in_channels, n_classes
    chosen = space_for(target, space, shape, data, on_progress)
    return fill_table(wanted_by(chosen), target, engine_for(target), on_progress, again=True)


def search(  # noqa: PLR0913 - a command's options
    latency: str | None = None,
    *,
    device: str = "local",
    run: str | Path | None = None,
    space: str | None = None,
    strategy: str | None = None,
    data: str | None = None,
    engine: str | None = None,
    connection: str | None = None,
    precision: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    calibration: str | None = None,
    max_params: str | None = None,
    max_macs: str | None = None,
    max_memory: str | None = None,
    max_size: str | None = None,
    also_on: Sequence[str] = (),
    objectives: Sequence[str] = (),
    max_height: int | None = None,
    non_parametric_edges: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    input_size: int | None = None,
    skip_bad: bool | None = None,
    interpolate: bool = False,
    keep_supernet: bool = False,
    max_int8_drop: float | None = None,
    baselines: tuple[str, ...] = (),
    queries: int | None = None,
    plan: str | None = None,
    supernet: SupernetSettings | None = None,
    finetune: FinetuneSettings | None = None,
    donna: DonnaSettings | None = None,
    mgas: MgasSettings | None = None,
    ray: str | None = None,
    on_progress: OnProgress = silent,
) -> SearchResult:
    """Find the most accurate network within a budget; write its run folder.

    Interrupted, the same call goes on where it stopped. From a ``run`` no supernet is trained:
    its scores, and its supernet if it was kept, serve this budget and device. What that run has
    settled (space, strategy, data, input_size, skip_bad, seed and supernet) is left out here.

    Args:
        latency: The budget with its unit, such as ``"20ms"`` or ``"350us"``.
        device: A name of ``hwnas devices`` or a device file.
        run: The folder of a finished search to start from.
        space: A name, a preset or a TOML file; ``mobilenet`` by default.
        strategy: A name of ``hwnas.search.STRATEGIES``; ``ddpnas`` by default.
        data: ``digits`` (the default), ``fashion-mnist``, an image folder, an IDX folder or an
            ``.npz``.
        engine: What runs the models; the device file's by default.
        connection: How the device is reached; the device file's by default.
        precision: ``int8``, ``float16`` or ``float32``; the device file's by default.
        threads: Threads of one inference; the device file's by default.
        batch: Images of one inference; the device file's by default.
        calibration: ``minmax``, ``percentile`` or ``entropy``; the device file's by default.
        max_params: Most parameters, such as ``"3M"``.
        max_macs: Most multiply-accumulates, such as ``"300M"``.
        max_memory: Largest peak working set, such as ``"2MiB"``; weights are not counted.
        max_size: Largest file, such as ``"500kB"``.
        also_on: Other devices that the network is to suit, such as ``"board.toml=20ms"``.
        objectives: Of strategy ``donna``: what its front is of beside accuracy and latencies, of
            ``parameters``, ``macs``, ``memory`` and ``size``.
        max_height: Of a ``darts`` cell: a node is one higher than its higher input.
        non_parametric_edges: Exactly how many of a ``darts`` cell's eight edges have no weights.
        seed: Of everything random; 0 by default.
        out: The run folder; ``runs/<data>-<space>-<device>-<latency>`` by default.
        input_size: Resize the images to this many pixels.
        skip_bad: Leave unreadable and mislabelled images out.
        interpolate: Price blocks between measured sizes instead of timing them.
        max_int8_drop: The most points of accuracy that int8 may lose on validation images; more
            training with rounded layers and some layers in float see to it.
        keep_supernet: Write the trained supernet to the run folder too, for ``rank``.
        baselines: Presets to train beside the chosen network, such as ``mobilenetv2@0.25``.
        queries: The most networks asked for their accuracy; the strategy's own number by
            default, 300 of ``foxnas``.
        plan: Of strategy ``foxnas``: how these are spread, a name of ``hwnas.search.PLANS``.
        supernet: How the supernet is trained.
        finetune: How the chosen network is trained, and the reference of ``donna``.
        donna: Of strategy ``donna``: whose blocks are replaced, and how they are trained.
        mgas: Of strategy ``mgas``: what is pruned, in how many stages, and how fast.
        ray: Where the tasks of ``donna`` run: ``local``, ``auto`` or a cluster's address; in this
            process by default.
        on_progress: Told of every step.

    Raises:
        NoNetworkFitsError: No network of the space keeps the budget.
        HwnasError: A value cannot be used.
    """
    start = None if run is None else kept_run(Path(run))
    options = settled(
        start,
        space=space,
        strategy=strategy,
        data=data,
        seed=seed,
        input_size=input_size,
        skip_bad=skip_bad,
        supernet=supernet,
    )
    check_seed(options["seed"])
    target = device_with(
        device,
        engine=engine,
        connection=connection,
        precision=precision,
        threads=threads,
        batch=batch,
        calibration=calibration,
    )
    options["space"] = space_on(options["space"], target)
    where = default_out(options["data"], options["space"], device, latency)
    request = SearchRequest(
        device=target,
        budget=budget_from(
            latency,
            max_params=max_params,
            max_macs=max_macs,
            max_memory=max_memory,
            max_size=max_size,
        ),
        also_on=device_budgets(also_on, target),
        objectives=objectives_from(objectives),
        out=where if out is None else Path(out),
        interpolate=interpolate,
        keep_supernet=keep_supernet,
        max_int8_drop=checked_drop(max_int8_drop, target),
        baselines=tuple(baselines),
        queries=queries,
        plan=plan,
        finetune=finetune or FinetuneSettings(),
        donna=donna or DonnaSettings(),
        mgas=mgas or MgasSettings(),
        ray=ray,
        start=start,
        cells=CellLimits(max_height=max_height, non_parametric_edges=non_parametric_edges),
        **options,
    )
    return run_search(request, on_progress)


def export(  # noqa: PLR0913 - a command's options
    source: str | Path,
    out: str | Path,
    *,
    device: str = "local",
    engine: str | None = None,
    connection: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    calibration: str | None = None,
    data: str | None = None,
    input_size: int = 224,
    in_channels: int = 3,
    n_classes: int = 1000,
    skip_bad: bool = False,
    on_progress: OnProgress = silent,
) -> ExportReport:
    """Write a run, an ``architecture.json`` or a preset as one ONNX file.

    Args:
        source: A run folder (its weights), or an architecture or preset (random weights).
        out: The file to write.
        device: Whose recipe makes the integers.
        engine: What runs the models; the device file's by default.
        connection: How the device is reached, whose engine says what it makes of the graph.
        precision: ``int8``, ``float16`` or ``float32``; the device file's by default.
        batch: Images of one inference; the device file's by default.
        calibration: ``minmax``, ``percentile`` or ``entropy``; the device file's by default.
        data: Calibration images; a run's own by default, random ones for a preset.
        input_size: Of a preset without ``data``, in pixels.
        in_channels: Of a preset without ``data``.
        n_classes: Of a preset without ``data``.
        skip_bad: Leave unreadable and mislabelled images out; as the run did, by default.
        on_progress: Told while images are read.

    Raises:
        HwnasError: A value cannot be used, or an operator would run in float.
    """
    request = ExportRequest(
        source=str(source),
        device=device_with(
            device,
            engine=engine,
            connection=connection,
            precision=precision,
            batch=batch,
            calibration=calibration,
        ),
        out=Path(out),
        data=data,
        input_size=input_size,
        in_channels=in_channels,
        n_classes=n_classes,
        skip_bad=skip_bad,
        calibration=calibration,
    )
    return run_export(request, on_progress)
