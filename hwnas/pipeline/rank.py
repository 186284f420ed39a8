"""``hwnas rank``: how far a supernet may be believed, held against a table of true accuracies."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hwnas.accuracy import Benchmark, Ranking, ranking
from hwnas.accuracy.teacher import check_teacher
from hwnas.errors import InvalidInputError
from hwnas.pipeline.arguments import check_seed, rank_out
from hwnas.pipeline.images import images_and_space, images_of
from hwnas.pipeline.kept_supernet import SUPERNET, kept_trainer, supernet_file
from hwnas.pipeline.origin import Origin
from hwnas.pipeline.request import RankRequest
from hwnas.pipeline.supernet import images_per_second, supernet_trainer, train_whole
from hwnas.pipeline.truth import LEAST_RANKED, load_truth, networks_of
from hwnas.pipeline.work_folder import WorkFolder, check_new_run
from hwnas.progress import OnProgress, silent
from hwnas.report import ranking_picture
from hwnas.search import strategy_named
from hwnas.train import SupernetSettings, SupernetTrainer
from hwnas.train.streams import Purpose, stream
from hwnas.version import versions
from hwnas.whole_file import digest_of

PICTURE, FIGURES = "rank.png", "rank.json"
SCORED = "scored"
DEFAULT_STRATEGY = "ddpnas"
"""Whose number of asks sets how long a supernet is trained, as in a search."""


@dataclass(frozen=True)
class RankedNetwork:
    """A network's accuracy in the supernet and in truth, from 0 to 1."""

    choices: str
    expected: float
    truth: float


@dataclass(frozen=True, kw_only=True)
class RankReport:
    """The figures, and the networks they came from.

    ``n_epochs`` are of ``epoch_images`` images by ``n_paths`` networks each, and
    ``images_per_second`` counts an image for each network; unknown for the supernet of another
    run. The truth's networks were trained by others, maybe on other images.
    """

    space: str
    supernet: str
    data: str
    truth: str
    seed: int
    n_epochs: int | None
    n_paths: int
    figures: Ranking
    networks: tuple[RankedNetwork, ...]
    seconds: dict[str, float]
    images_per_second: float | None
    versions: dict[str, str]
    out: str


def rank(  # noqa: PLR0913 - a command's options
    run: str | Path | None = None,
    *,
    truth: str | Path,
    samples: int = 500,
    space: str = "nasbench-macro",
    data: str = "digits",
    supernet: SupernetSettings | None = None,
    seed: int = 0,
    input_size: int | None = None,
    skip_bad: bool = False,
    out: str | Path | None = None,
    on_progress: OnProgress = silent,
) -> RankReport:
    """Hold a supernet's accuracies of random networks against a table of true ones.

    Interrupted, the same call goes on where it stopped.

    Args:
        run: A folder with a kept supernet; left out, one is trained as the rest says.
        truth: The published table, such as ``nas-bench-macro_cifar10.json``, or ``cells.csv#c10``
            where it holds several data sets.
        samples: Networks to draw.
        space: The space of the table.
        data: What to train on; see ``search``.
        supernet: How to train, where no run is named; any rule but ``path``.
        seed: Of everything random.
        input_size: Resize the images to this many pixels.
        skip_bad: Leave unreadable and mislabelled images out.
        out: The folder to write; ``RUN-rank`` or ``runs/rank-<data>-<space>-<rule>`` by default.
        on_progress: Told of every epoch and network.

    Raises:
        HwnasError: A value cannot be used.
    """
    if samples < LEAST_RANKED:
        raise InvalidInputError(f"{samples} samples cannot be ranked. Give --samples 2 or more.")
    if run is not None and supernet is not None:
        raise InvalidInputError(
            f"The supernet of {run} is trained already, by its own rule. Leave --supernet and "
            "--supernet-epochs out, or the run."
        )
    check_seed(seed)
    settings = supernet or SupernetSettings(rule="spos")
    if settings.has_teacher:
        check_teacher(settings.teacher)
    request = RankRequest(
        truth=str(truth),
        out=Path(out) if out is not None else rank_out(run, data, space, settings.rule),
        run=None if run is None else Path(run),
        space=space,
        data=data,
        n_samples=samples,
        seed=seed,
        input_size=input_size,
        skip_bad=skip_bad,
        supernet=settings,
    )
    return run_rank(request, on_progress)


@dataclass(frozen=True)
class _Subject:
    """The supernet in question; none of its epochs are left to do if it was trained before."""

    trainer: SupernetTrainer
    origin: Origin
    n_epochs: int | None


def run_rank(request: RankRequest, on_progress: OnProgress = silent) -> RankReport:
    """Rank networks drawn at random in a supernet; write figures and picture to ``request.out``.

    Raises:
        HwnasError: Something about the request, the images or the truth cannot be used.
    """
    check_new_run(request.out)
    subject = (
        _untrained(request, on_progress)
        if request.run is None
        else _kept(request.run, on_progress)
    )
    space, fingerprint = subject.origin.space, subject.origin.data_fingerprint
    truth = load_truth(request.truth, space)
    digest = "" if request.run is None else digest_of(request.run / SUPERNET)
    work = WorkFolder(request.out, request.key(fingerprint, space, digest), on_progress)
    with work.locked():
        if subject.n_epochs is not None:
            with work.phase("train"):
                train_whole(subject.trainer, subject.n_epochs, work)
        with work.phase("score"):
            networks = _score(subject.trainer, truth, request, work)
        report = _report(request, subject, networks, work)
        files = {
            FIGURES: json.dumps(asdict(report), indent=2).encode() + b"\n",
            PICTURE: ranking_picture([(n.expected, n.truth) for n in networks], _title(report)),
        }
        if request.run is None:
            files[SUPERNET] = supernet_file(subject.trainer, subject.origin)
        work.publish(files)
    return report


def _untrained(request: RankRequest, on_progress: OnProgress) -> _Subject:
    if not request.supernet.trains_whole:
        raise InvalidInputError(
            "The supernet 'path' is trained by what a strategy asks for. Give --supernet spos, "
            "or name a run of hwnas search --keep-supernet."
        )
    data, space = images_and_space(request, on_progress)
    trainer = supernet_trainer(space, data, request.supernet, request.seed)
    origin = Origin.of(request, space, data)
    strategy = strategy_named(
        DEFAULT_STRATEGY, space.decisions, np.random.default_rng(request.seed)
    )
    return _Subject(trainer, origin, trainer.n_first_epochs(strategy.n_asks))


def _kept(run: Path, on_progress: OnProgress) -> _Subject:
    origin, trainer = kept_trainer(run, lambda origin: images_of(origin, run, on_progress))
    return _Subject(trainer, origin, None)


def _score(
    trainer: SupernetTrainer, truth: Benchmark, request: RankRequest, work: WorkFolder
) -> tuple[RankedNetwork, ...]:
    """Ask supernet and truth for each network; what was asked before is not asked again."""
    drawn = networks_of(truth, trainer.supernet.space, request.n_samples, request.seed)
    known = work.recall(SCORED) or {}
    networks = []
    for number, architecture in enumerate(drawn, start=1):
        choices = str(architecture)
        if choices not in known:
            known[choices] = trainer.accuracy(architecture)
            work.remember(SCORED, known)
        networks.append(RankedNetwork(choices, known[choices], truth.true_accuracy(architecture)))
        work.progress("score", number, len(drawn))
    return tuple(networks)


def _report(
    request: RankRequest,
    subject: _Subject,
    networks: Sequence[RankedNetwork],
    work: WorkFolder,
) -> RankReport:
    expected = np.array([network.expected for network in networks])
    truth = np.array([network.truth for network in networks])
    return RankReport(
        space=subject.origin.space.name,
        supernet=subject.origin.settings.rule,
        data=subject.origin.data,
        truth=request.truth,
        seed=request.seed,
        n_epochs=subject.n_epochs,
        n_paths=subject.trainer.n_paths,
        figures=ranking(expected, truth, stream(request.seed, Purpose.RESAMPLES)),
        networks=tuple(networks),
        seconds=work.seconds(),
        images_per_second=images_per_second(work),
        versions=versions(),
        out=str(request.out),
    )


def _title(report: RankReport) -> str:
    tau = report.figures.kendall.value
    found = "unknown" if tau is None else f"{tau:.2f}"
    return f"{report.space}, {report.supernet}: tau {found}"
